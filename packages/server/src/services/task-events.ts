import { isFinal, type TaskEvent, TaskProgress } from '@roto/sdk/contract';
import type { Clock } from '../clock.ts';
import { addTaskEvent, listTaskEvents, type TaskEventRow } from '../db/queries/task-events.ts';
import { findTask, type TaskRow } from '../db/queries/tasks.ts';
import type { Db, Trx } from '../db/types.ts';
import type { Queue } from '../jobs/queue.ts';
import type { News } from './news.ts';
import { announceTask } from './webhooks.ts';

/** Notes what a task has become, for those who follow it; webhooks are told when it has ended. */
export async function noteTask(
  trx: Trx,
  deps: { readonly clock: Clock; readonly queue: Queue },
  taskId: string,
  said: Pick<TaskEvent, 'type' | 'warning' | 'run'>,
): Promise<void> {
  const task = await findTask(trx, taskId);
  if (task === undefined) return;
  await addTaskEvent(trx, { ...eventOf(task), ...said }, deps.clock());
  const { status } = task;
  if (said.type === 'status' && isFinal(status)) await announceTask(trx, deps, { ...task, status });
}

/** A task as an event of the kind `status`. */
export function eventOf(task: TaskRow): TaskEvent {
  return {
    type: 'status',
    task_id: task.id,
    status: task.status,
    progress: progressOf(task),
    error_code: task.error_code,
    error_message: task.error_message,
  };
}

/** How far a task is, as it was written last. */
export function progressOf({ progress }: TaskRow): TaskProgress | null {
  return progress === null ? null : TaskProgress.parse(progress);
}

/** Milliseconds without an event after which a sign of life is due. */
const quietMs = 12_000;

/** What {@link followTask} stands on. */
export interface FollowDeps {
  readonly db: Db;
  readonly news: News;
}

/**
 * Events of a task as they happen, after one; undefined where a sign of life is due. Ends after a
 * final status, and when the signal aborts. Looks at the database at every sign of life too, so that
 * a message that was lost with a connection loses no event.
 */
export async function* followTask(
  { db, news }: FollowDeps,
  taskId: string,
  { after, signal }: { readonly after: number; readonly signal: AbortSignal },
): AsyncGenerator<TaskEventRow | undefined, void, void> {
  const told = news.follow(taskId);
  let last = after;
  try {
    while (!signal.aborted) {
      const events = await listTaskEvents(db, taskId, last);
      for (const event of events) {
        last = event.id;
        yield event;
        if (event.data.type === 'status' && isFinal(event.data.status)) return;
      }
      if (events.length > 0) continue;
      if (!(await told.next(quietMs, signal))) yield undefined;
    }
  } finally {
    told.close();
  }
}

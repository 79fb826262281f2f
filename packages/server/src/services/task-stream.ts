import { isFinal, type TaskEvent } from '@roto/sdk/contract';
import { lastTaskEvent } from '../db/queries/task-events.ts';
import { findTask, type TaskRow } from '../db/queries/tasks.ts';
import { eventOf, type FollowDeps, followTask } from './task-events.ts';

/** Where a stream of events begins, and what ends it. */
export interface TaskStreamOptions {
  /** The last event that the caller has; undefined to begin with how the task is now. */
  readonly after: number | undefined;
  readonly signal: AbortSignal;
}

/** Milliseconds after which a client whose connection broke is to come back. */
const retryMs = 1000;

/**
 * Server-sent events of a task, as bytes; undefined where the caller has the last one.
 */
export async function taskStream(
  deps: FollowDeps,
  task: TaskRow,
  options: TaskStreamOptions,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const { after } = options;
  if (
    after !== undefined &&
    isFinal(task.status) &&
    after >= (await lastTaskEvent(deps.db, task.id))
  ) {
    return undefined;
  }
  return ReadableStream.from(streamLines(deps, task.id, options));
}

async function* streamLines(
  deps: FollowDeps,
  taskId: string,
  { after, signal }: TaskStreamOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const encoder = new TextEncoder();
  yield encoder.encode(`retry: ${retryMs}\n\n`);
  let last = after ?? 0;
  if (after === undefined) {
    // The event first: what happens between the two comes as an event of its own.
    last = await lastTaskEvent(deps.db, taskId);
    const task = await findTask(deps.db, taskId);
    if (task === undefined) return;
    yield encoder.encode(eventText(last, eventOf(task)));
    if (isFinal(task.status)) return;
  }
  for await (const event of followTask(deps, taskId, { after: last, signal })) {
    yield encoder.encode(
      event === undefined ? ': still here\n\n' : eventText(event.id, event.data),
    );
  }
}

function eventText(id: number, event: TaskEvent): string {
  return `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

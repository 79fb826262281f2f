import { isFinal, RotoError, type Task, type TasksQuery } from '@roto/sdk/contract';
import type { Clock } from '../clock.ts';
import {
  countWaitingBefore,
  findTask,
  listTasks,
  lockTask,
  nextTurn,
  type TaskRow,
  updateTask,
} from '../db/queries/tasks.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import { dropJob } from '../jobs/leases.ts';
import type { Queue } from '../jobs/queue.ts';
import { release, requireCredits, reserve } from './ledger.ts';
import { type ListPage, listPage } from './list-page.ts';
import { noteTask, progressOf } from './task-events.ts';
import { enqueueTask } from './task-queue.ts';

/** What the functions here stand on, each on a part of it. */
export interface TaskDeps {
  readonly db: Db;
  readonly queue: Queue;
  readonly clock: Clock;
}

/** Whose tasks are meant: one account's, or with undefined everybody's, for super users. */
export type TaskOwner = string | undefined;

/** A task as its owner sees it. */
export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    video_id: row.video_id,
    status: row.status,
    credit_action: row.credit_action,
    credit_cost: row.credit_cost,
    quality: row.quality,
    model: row.model,
    device: row.device,
    progress: progressOf(row),
    attempts: row.attempts,
    error_code: row.error_code,
    error_message: row.error_message,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    completed_at: row.completed_at?.toISOString() ?? null,
  };
}

/** @throws RotoError `not_found` */
export async function getTask(
  { db }: Pick<TaskDeps, 'db'>,
  owner: TaskOwner,
  taskId: string,
): Promise<TaskRow> {
  return existing(await findTask(db, taskId, owner));
}

/** A task as its owner sees it, and its place among those that wait. */
export async function toTaskInQueue({ db }: Pick<TaskDeps, 'db'>, row: TaskRow): Promise<Task> {
  if (row.status !== 'pending') return toTask(row);
  return { ...toTask(row), queue_position: await countWaitingBefore(db, row) };
}

/** One page of tasks, newest first. */
export function listTaskPage(
  { db }: Pick<TaskDeps, 'db'>,
  owner: TaskOwner,
  { status, video_id, ...page }: TasksQuery,
): Promise<ListPage<Task>> {
  const filter = { userId: owner, status, videoId: video_id };
  return listPage(page, (part) => listTasks(db, filter, part), toTask);
}

/**
 * Stops a task at once: it is cancelled, its credits are back, and a worker that runs it stops within
 * a frame. Cancelling one that was cancelled is no failure.
 * @throws RotoError `not_found`, `wrong_task_status`
 */
export function cancelTask(deps: TaskDeps, owner: TaskOwner, taskId: string): Promise<Task> {
  return inTransaction(deps.db, (trx) => cancelTaskWithin(trx, deps, owner, taskId));
}

/** The same within a transaction. */
export async function cancelTaskWithin(
  trx: Trx,
  deps: Omit<TaskDeps, 'db'>,
  owner: TaskOwner,
  taskId: string,
): Promise<Task> {
  const task = existing(await lockTask(trx, taskId, owner));
  if (task.status === 'cancelled') return toTask(task);
  if (isFinal(task.status)) {
    throw new RotoError('wrong_task_status', `The task is ${task.status}, so it goes on no more.`);
  }
  const now = deps.clock();
  if (task.job_id !== null) await dropJob(trx, deps.queue, task.job_id);
  await release(trx, deps, taskId);
  const changes = { cancel_requested_at: now, completed_at: now, updated_at: now };
  await updateTask(trx, taskId, { status: 'cancelled', ...changes });
  await noteTask(trx, deps, taskId, { type: 'status' });
  return toTask(existing(await findTask(trx, taskId)));
}

/**
 * Lets a task that failed or was cancelled wait for a worker again, for the credits it cost before.
 * It goes on from what it had tracked.
 * @throws RotoError `not_found`, `wrong_task_status`, `quota_exceeded`
 */
export function retryTask(deps: TaskDeps, owner: TaskOwner, taskId: string): Promise<Task> {
  return inTransaction(deps.db, (trx) => retryTaskWithin(trx, deps, owner, taskId));
}

/** The same within a transaction. */
export async function retryTaskWithin(
  trx: Trx,
  deps: Omit<TaskDeps, 'db'>,
  owner: TaskOwner,
  taskId: string,
): Promise<Task> {
  const task = existing(await lockTask(trx, taskId, owner));
  if (task.status !== 'failed' && task.status !== 'cancelled') {
    throw new RotoError(
      'wrong_task_status',
      `The task is ${task.status}, not failed or cancelled.`,
    );
  }
  if (task.video_id === null) {
    throw new RotoError('wrong_task_status', 'The video of the task was deleted.');
  }
  const { id, user_id, requires, credit_cost } = task;
  await requireCredits(trx, user_id, credit_cost);
  const turn = await nextTurn(trx, user_id);
  await updateTask(trx, id, {
    status: 'pending',
    attempts: 0,
    turn,
    progress: null,
    worker_id: null,
    error_code: null,
    error_message: null,
    cancel_requested_at: null,
    completed_at: null,
    updated_at: deps.clock(),
  });
  await reserve(trx, deps, { userId: user_id, taskId: id, credits: credit_cost });
  await enqueueTask(trx, deps, { id, user_id, requires, turn });
  await noteTask(trx, deps, id, { type: 'status' });
  return toTask(existing(await findTask(trx, id)));
}

function existing(task: TaskRow | undefined): TaskRow {
  if (task !== undefined) return task;
  throw new RotoError('not_found', 'There is no such task.', { param: 'id' });
}

import {
  type Result,
  RotoError,
  type RunIdentity,
  type TaskEvent,
  type TaskProgress,
} from '@roto/sdk/contract';
import { json } from '../db/column-types.ts';
import { addReport } from '../db/queries/task-reports.ts';
import { addResults } from '../db/queries/task-results.ts';
import { countOthersRunning, lockTask, type TaskRow, updateTask } from '../db/queries/tasks.ts';
import { lockUser } from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Trx } from '../db/types.ts';
import { completeLease, dropJob, failLease, type Lease } from '../jobs/leases.ts';
import { newId } from '../new-id.ts';
import { capture, release } from './ledger.ts';
import { noteTask } from './task-events.ts';
import { addTaskFiles, type TaskFile } from './task-files.ts';
import { enqueueTask } from './task-queue.ts';
import type { TaskDeps } from './tasks.ts';
import { tierOf } from './tiers.ts';

/** A worker's part in a task: the job it has taken, and who it is. */
export interface TaskRun {
  readonly lease: Lease;
  readonly workerId: string;
}

/** A result as it lies in storage. */
export interface StoredResult extends TaskFile {
  readonly object: string | null;
  readonly format: string;
  readonly frame: number | null;
  /** Where a local run would have written it, below its output folder. */
  readonly path: string;
  readonly sha256: string;
}

/** What a run has made. */
export interface RunOutcome {
  readonly device: string;
  /** What the run said of itself, in paths that mean something outside of the worker. */
  readonly report: Result;
  readonly results: readonly StoredResult[];
  /** Files of the track, and the prefix they lie under. */
  readonly track: { readonly prefix: string; readonly files: readonly TaskFile[] };
}

/**
 * Begins, or begins again, a task whose job was taken; undefined where there is nothing to do any
 * more, and the job is gone from the queue. So it is where another worker has begun the last task
 * that the account may have running meanwhile: the task waits on then, with another job.
 */
export function beginTask(
  deps: TaskDeps,
  { lease, workerId }: TaskRun,
  device: string,
): Promise<TaskRow | undefined> {
  return inTransaction(deps.db, async (trx) => {
    const task = await lockTask(trx, lease.taskId);
    const isOurs = task?.job_id === lease.jobId;
    const isOpen = task?.status === 'pending' || task?.status === 'processing';
    if (task === undefined || !isOurs || !isOpen || task.video_id === null) {
      await dropJob(trx, deps.queue, lease.jobId);
      return undefined;
    }
    if (!(await hasRoom(trx, task))) {
      await dropJob(trx, deps.queue, lease.jobId);
      await updateTask(trx, task.id, { status: 'pending', worker_id: null });
      await enqueueTask(trx, deps, task, lease.retriesLeft);
      if (task.status === 'processing') await noteTask(trx, deps, task.id, { type: 'status' });
      return undefined;
    }
    const now = deps.clock();
    const changes = {
      status: 'processing' as const,
      worker_id: workerId,
      device,
      attempts: task.attempts + 1,
      progress: null,
      started_at: task.started_at ?? now,
      updated_at: now,
    };
    await updateTask(trx, task.id, changes);
    await noteTask(trx, deps, task.id, { type: 'status' });
    return { ...task, ...changes };
  });
}

/**
 * Whether an account may have a task running beside those that run. Its row is locked for that:
 * workers that begin tasks of one account do so one after the other.
 */
async function hasRoom(trx: Trx, { id, user_id }: TaskRow): Promise<boolean> {
  const user = await lockUser(trx, user_id);
  return (
    user === undefined || (await countOthersRunning(trx, user_id, id)) < tierOf(user).concurrency
  );
}

/** Whether a worker still has a task: it was neither cancelled nor given to another one. */
export function stillHas({ lease, workerId }: TaskRun, task: TaskRow | undefined): boolean {
  return (
    task?.status === 'processing' && task.worker_id === workerId && task.job_id === lease.jobId
  );
}

/** Locks a task that a worker still has; undefined where it has it no more. */
async function lockOwn(trx: Trx, run: TaskRun): Promise<TaskRow | undefined> {
  const task = await lockTask(trx, run.lease.taskId);
  return stillHas(run, task) ? task : undefined;
}

/** What a run has to say of itself while it goes. */
export interface TaskReport {
  readonly start?: RunIdentity;
  readonly progress?: TaskProgress;
  readonly warning?: NonNullable<TaskEvent['warning']>;
}

/** Says how far a run is. */
export async function reportProgress(
  deps: TaskDeps,
  run: TaskRun,
  said: TaskReport,
): Promise<void> {
  await inTransaction(deps.db, async (trx) => {
    const task = await lockOwn(trx, run);
    if (task === undefined) return;
    const { progress, warning, start } = said;
    if (start !== undefined) await noteTask(trx, deps, task.id, { type: 'start', run: start });
    if (progress !== undefined) {
      await updateTask(trx, task.id, {
        progress: json<Record<string, unknown>>(progress),
        updated_at: deps.clock(),
      });
    }
    if (progress !== undefined) await noteTask(trx, deps, task.id, { type: 'progress' });
    if (warning !== undefined) await noteTask(trx, deps, task.id, { type: 'warning', warning });
  });
}

/** Notes where the files of a task's track lie, so that another worker can go on from them. */
export async function noteSnapshot(deps: TaskDeps, run: TaskRun, prefix: string): Promise<void> {
  await inTransaction(deps.db, async (trx) => {
    const task = await lockOwn(trx, run);
    if (task === undefined || task.snapshot_key === prefix) return;
    await updateTask(trx, task.id, { snapshot_key: prefix });
  });
}

/**
 * Ends a task that has succeeded: its results, what they take of the storage, the charge and the end
 * of its job come together or not at all.
 * @returns false where the worker had the task no more, and nothing was kept
 */
export function completeTask(deps: TaskDeps, run: TaskRun, outcome: RunOutcome): Promise<boolean> {
  return inTransaction(deps.db, async (trx) => {
    const task = await lockOwn(trx, run);
    if (task === undefined || !(await completeLease(trx, deps.queue, run.lease))) return false;
    const { device, report, results, track } = outcome;
    const now = deps.clock();
    const ids = await addTaskFiles(trx, deps, task, 'masks', results);
    await addTaskFiles(trx, deps, task, 'other', track.files);
    await addResults(
      trx,
      results.map(({ object, format, frame, path, size, sha256 }, index) => ({
        id: newId('result'),
        task_id: task.id,
        file_id: ids[index] ?? '',
        object,
        format,
        frame,
        path,
        size_bytes: size,
        sha256,
      })),
    );
    await addReport(trx, { task_id: task.id, report: json<Record<string, unknown>>(report) });
    await capture(trx, deps, task.id);
    await updateTask(trx, task.id, {
      status: 'completed',
      device,
      snapshot_key: track.prefix,
      error_code: null,
      error_message: null,
      completed_at: now,
      updated_at: now,
    });
    await noteTask(trx, deps, task.id, { type: 'status' });
    return true;
  });
}

/** Why an attempt failed. */
export interface TaskFailure {
  readonly code: string;
  readonly message: string;
  /** Whether another attempt would fail in the same way. */
  readonly isFinal: boolean;
}

/**
 * Ends an attempt that has failed: the task waits for the next one, or where there is none fails
 * with its reason and gives its credits back.
 */
export async function failTask(deps: TaskDeps, run: TaskRun, failure: TaskFailure): Promise<void> {
  await inTransaction(deps.db, async (trx) => {
    const task = await lockOwn(trx, run);
    if (task === undefined) return;
    const { lease } = run;
    if (failure.isFinal || lease.retriesLeft === 0) {
      if (lease.retriesLeft === 0) await failLease(trx, deps.queue, lease, failure.message);
      else await dropJob(trx, deps.queue, lease.jobId);
      await giveUp(trx, deps, task.id, failure);
      return;
    }
    await failLease(trx, deps.queue, lease, failure.message);
    await updateTask(trx, task.id, {
      status: 'pending',
      worker_id: null,
      error_code: failure.code,
      error_message: failure.message,
      updated_at: deps.clock(),
    });
    await noteTask(trx, deps, task.id, { type: 'status' });
  });
}

/** Lets a task fail for good, within the caller's transaction, in which its row is locked. */
export async function giveUp(
  trx: Trx,
  deps: TaskDeps,
  taskId: string,
  { code, message }: Pick<TaskFailure, 'code' | 'message'>,
): Promise<void> {
  const now = deps.clock();
  await release(trx, deps, taskId);
  await updateTask(trx, taskId, {
    status: 'failed',
    error_code: code,
    error_message: message,
    completed_at: now,
    updated_at: now,
  });
  await noteTask(trx, deps, taskId, { type: 'status' });
}

/** Hands a task back that its worker cannot go on with, for another one: no attempt is used up. */
export async function handTaskBack(deps: TaskDeps, run: TaskRun): Promise<void> {
  await inTransaction(deps.db, async (trx) => {
    const task = await lockOwn(trx, run);
    if (task === undefined) return;
    await dropJob(trx, deps.queue, run.lease.jobId);
    await updateTask(trx, task.id, {
      status: 'pending',
      worker_id: null,
      attempts: Math.max(0, task.attempts - 1),
      updated_at: deps.clock(),
    });
    await enqueueTask(trx, deps, task, run.lease.retriesLeft);
    await noteTask(trx, deps, task.id, { type: 'status' });
  });
}

/** What was thrown, as a reason for people. What is a fault of the service stays in the log. */
export function taskFailure(thrown: unknown): TaskFailure {
  if (thrown instanceof RotoError) {
    const { code, message, hint, kind } = thrown;
    const isFinal = kind === 'usage' || kind === 'quota' || code === 'device_unavailable';
    return { code, message: hint === undefined ? message : `${message} ${hint}`, isFinal };
  }
  if (thrown instanceof Error && thrown.name === 'HostLostError') {
    const isMemory = 'loss' in thrown && thrown.loss === 'memory';
    return {
      code: isMemory ? 'out_of_memory' : 'engine_failed',
      message: thrown.message,
      isFinal: false,
    };
  }
  return { code: 'internal', message: 'The service failed at this task.', isFinal: false };
}

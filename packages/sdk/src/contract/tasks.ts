import { z } from 'zod';
import { FrameNumber } from './frames.ts';
import { idOf } from './ids.ts';
import { PageQuery } from './pagination.ts';
import { RunIdentity } from './result.ts';
import { OutputFormat } from './shot.ts';
import { Timestamp } from './users.ts';

/** Where a task is. The last three are final. */
export const TaskStatus = z.enum(['pending', 'processing', 'completed', 'failed', 'cancelled']);
export type TaskStatus = z.infer<typeof TaskStatus>;

/** Whether nothing happens to a task any more. */
export function isFinal(status: TaskStatus): status is 'completed' | 'failed' | 'cancelled' {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/**
 * How far a task is: `done` of `total` within a stage. `fetch` brings the clip to the worker and
 * `store` brings the results to storage, both in bytes; `track` and `export` are in frames and may
 * alternate.
 */
export const TaskProgress = z
  .object({
    stage: z.enum(['fetch', 'track', 'export', 'store']),
    done: z.int().nonnegative(),
    total: z.int().nonnegative(),
    /** The frame just finished. */
    frame: FrameNumber.optional(),
    framesPerSecond: z.number().nonnegative().optional(),
    secondsLeft: z.number().nonnegative().optional(),
  })
  .meta({ id: 'TaskProgress' });
export type TaskProgress = z.infer<typeof TaskProgress>;

/** Work that an account asked for. */
export const Task = z
  .object({
    id: idOf('task'),
    /** Null once the video was deleted. */
    video_id: idOf('video').nullable(),
    status: TaskStatus,
    /** What is done: `generate_masks`, `greenscreen`. */
    credit_action: z.string(),
    /** Whole credits it costs when it succeeds; they are reserved until then. */
    credit_cost: z.int().nonnegative(),
    quality: z.string().nullable(),
    /** The model that runs, or ran. */
    model: z.string().nullable(),
    /** The device it ran on; null before it began. */
    device: z.string().nullable(),
    progress: TaskProgress.nullable(),
    /** Times it was begun; a worker that stops in order uses none up. */
    attempts: z.int().nonnegative(),
    /** Tasks that come before it, where it waits and was asked for alone. */
    queue_position: z.int().nonnegative().optional(),
    error_code: z.string().nullable(),
    /** Why the last attempt failed. */
    error_message: z.string().nullable(),
    created_at: Timestamp,
    started_at: Timestamp.nullable(),
    completed_at: Timestamp.nullable(),
  })
  .meta({ id: 'Task' });
export type Task = z.infer<typeof Task>;

/** Query of the list of tasks. */
export const TasksQuery = PageQuery.extend({
  status: TaskStatus.optional(),
  video_id: idOf('video').optional(),
});
export type TasksQuery = z.infer<typeof TasksQuery>;

/**
 * One server-sent event of a task, named by `type`. The first one of a stream and every change of
 * status is `status`; the stream ends after a final one.
 */
export const TaskEvent = z
  .object({
    type: z.enum(['status', 'start', 'progress', 'warning']),
    task_id: idOf('task'),
    status: TaskStatus,
    progress: TaskProgress.nullable(),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    /** What is worth knowing of the run; with `warning` only. */
    warning: z.object({ code: z.string(), message: z.string() }).optional(),
    /** What runs; with `start` only, which comes once the engine is chosen and the clip open. */
    run: RunIdentity.optional(),
  })
  .meta({ id: 'TaskEvent' });
export type TaskEvent = z.infer<typeof TaskEvent>;

/** A file that a task made. */
export const TaskResult = z
  .object({
    /** Name of the object; null where one file holds them all. */
    object: z.string().nullable(),
    format: OutputFormat,
    /** Absent where one file holds all frames. */
    frame: FrameNumber.optional(),
    /** Where a local run would have written it, below its output folder; with `/`. */
    path: z.string(),
    bytes: z.int().nonnegative(),
    /** Hex SHA-256 of the file. */
    sha256: z.string(),
    /** Where it can be fetched without signing in, until `expires_at`. */
    url: z.string(),
    expires_at: Timestamp,
  })
  .meta({ id: 'TaskResult' });
export type TaskResult = z.infer<typeof TaskResult>;

import type { Generated } from 'kysely';
import type {
  CreatedAt,
  Defaulted,
  DefaultJson,
  Json,
  Nullable,
  NullableJson,
} from '../column-types.ts';

/** Work that an account asked for. */
export interface TasksTable {
  id: string;
  user_id: string;
  /** Null once the video was deleted. */
  video_id: Nullable<string>;
  status: Defaulted<'pending' | 'processing' | 'completed' | 'failed' | 'cancelled'>;
  credit_action: string;
  /** Whole credits that the task costs when it succeeds. */
  credit_cost: number;
  /** The reservation in the ledger; null where nothing was reserved. */
  reservation_id: Nullable<string>;
  quality: Nullable<string>;
  model: Nullable<string>;
  device: Nullable<string>;
  /** What to do: the shot document and the outputs. */
  params: Json<Record<string, unknown>>;
  progress: NullableJson<Record<string, unknown>>;
  /** The job in the queue. */
  job_id: Nullable<string>;
  worker_id: Nullable<string>;
  attempts: Defaulted<number>;
  /** What a worker must have: the model, and `@cuda` behind it where that device was asked for. */
  requires: Defaulted<string>;
  /** Lower ones first: how many tasks of its account come before it, counted on from today's. */
  turn: Defaulted<number>;
  /** Prefix of the track's files in storage, from which a crashed task goes on. */
  snapshot_key: Nullable<string>;
  error_code: Nullable<string>;
  error_message: Nullable<string>;
  cancel_requested_at: Nullable<Date>;
  created_at: CreatedAt;
  started_at: Nullable<Date>;
  updated_at: Defaulted<Date>;
  completed_at: Nullable<Date>;
}

/** Files that a task made, laid out as a local run lays them out. */
export interface TaskResultsTable {
  id: string;
  task_id: string;
  file_id: string;
  object: Nullable<string>;
  format: string;
  frame: Nullable<number>;
  /** Relative path, as a local run would have written it. */
  path: string;
  size_bytes: number;
  sha256: string;
}

/** What the run of a task said of itself: engine, device, scores by frame. */
export interface TaskReportsTable {
  task_id: string;
  report: Json<Record<string, unknown>>;
}

/** What happened to a task, in order, for its event stream. */
export interface TaskEventsTable {
  id: Generated<number>;
  task_id: string;
  type: string;
  data: Json<Record<string, unknown>>;
  created_at: CreatedAt;
}

/** Processes that work, as they report themselves. */
export interface WorkersTable {
  id: string;
  hostname: string;
  version: string;
  device: string;
  models: DefaultJson<readonly string[]>;
  qualities: DefaultJson<readonly string[]>;
  concurrency: Defaulted<number>;
  state: Defaulted<'starting' | 'ready' | 'stopping'>;
  started_at: CreatedAt;
  heartbeat_at: Defaulted<Date>;
}

/** Looks at frames that were asked for, on their way to a worker and back. */
export interface PreviewRequestsTable {
  id: string;
  video_id: string;
  /** The one whose host has the video open, or is to open it. */
  worker_id: string;
  status: Defaulted<'waiting' | 'running' | 'answered' | 'failed' | 'abandoned'>;
  params: Json<Record<string, unknown>>;
  answer: NullableJson<Record<string, unknown>>;
  created_at: CreatedAt;
  updated_at: Defaulted<Date>;
}

import type { Log } from '../log.ts';
import type { JobName, JobPayloads, TaskJobName } from './jobs.ts';

/** What a handler is told beside the payload. */
export interface JobContext {
  readonly jobId: string;
  /** 1 for the first one. */
  readonly attempt: number;
  /** Whether the job is given up when this attempt fails. */
  readonly isLast: boolean;
  /** Aborted when the attempt takes too long or the process stops. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Does the work of one job; throws to have it tried again. */
export type JobHandler<N extends JobName> = (
  payload: JobPayloads[N],
  context: JobContext,
) => Promise<void>;

/** Names of jobs that run wherever the service does. */
export type ServiceJobName = Exclude<JobName, TaskJobName>;

/** Exactly one handler for each of those jobs: the type holds it. Tasks have a worker of their own. */
export type JobHandlers = { readonly [N in ServiceJobName]: JobHandler<N> };

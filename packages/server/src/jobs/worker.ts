import type { JobWithMetadata } from 'pg-boss';
import type { Log } from '../log.ts';
import type { JobHandlers, ServiceJobName } from './handler.ts';
import { jobNames, jobs, taskJob } from './jobs.ts';
import type { Queue } from './queue.ts';

/** What a worker works with. */
export interface WorkerOptions {
  readonly queue: Queue;
  readonly handlers: JobHandlers;
  readonly log: Log;
  /** Jobs to take; all but tasks unless some are named. */
  readonly names?: readonly ServiceJobName[];
}

/** Jobs of the service itself. */
const serviceJobs = jobNames.filter((name) => name !== taskJob);

/** Takes jobs and runs their handlers until the queue is stopped. */
export async function startWorker({
  queue,
  handlers,
  log,
  names = serviceJobs,
}: WorkerOptions): Promise<void> {
  for (const name of names) {
    await queue.boss.work(
      name,
      { includeMetadata: true, pollingIntervalSeconds: 0.5 },
      async (taken: JobWithMetadata<object>[]) => {
        for (const job of taken) await runJob(name, job, { handlers, log });
      },
    );
  }
}

async function runJob<N extends ServiceJobName>(
  name: N,
  job: JobWithMetadata<object>,
  { handlers, log: parent }: Pick<WorkerOptions, 'handlers' | 'log'>,
): Promise<void> {
  const attempt = job.retryCount + 1;
  const isLast = job.retryCount >= job.retryLimit;
  const log = parent.child({ job: name, jobId: job.id, attempt });
  try {
    const context = { jobId: job.id, attempt, isLast, signal: job.signal, log };
    await handlers[name](jobs[name].payload.parse(job.data), context);
    log.debug('job done');
  } catch (error) {
    log[isLast ? 'error' : 'warn']({ err: error }, isLast ? 'job given up' : 'job failed');
    throw error;
  }
}

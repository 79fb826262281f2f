import { fromKysely, type JobWithMetadata } from 'pg-boss';
import type { Trx } from '../db/types.ts';
import { jobs, taskJob } from './jobs.ts';
import type { Queue } from './queue.ts';

/** A task's job that this process has, until it stops giving signs of life. */
export interface Lease {
  readonly jobId: string;
  readonly taskId: string;
  /** Attempts that are left after this one. */
  readonly retriesLeft: number;
}

/** Takes the job whose turn it is, but none of some groups; undefined where there is none. */
export async function takeLease(
  { boss }: Pick<Queue, 'boss'>,
  ignoreGroups: readonly string[],
): Promise<Lease | undefined> {
  const [job]: JobWithMetadata<unknown>[] = await boss.fetch(taskJob, {
    includeMetadata: true,
    ignoreGroups: [...ignoreGroups],
  });
  if (job === undefined) return undefined;
  const { taskId } = jobs[taskJob].payload.parse(job.data);
  return { jobId: job.id, taskId, retriesLeft: Math.max(0, job.retryLimit - job.retryCount) };
}

/** Gives a sign of life. */
export async function keepLease({ boss }: Pick<Queue, 'boss'>, { jobId }: Lease): Promise<void> {
  await boss.touch(taskJob, jobId);
}

/** Ends a job that is done; says whether this process still had it. */
export async function completeLease(trx: Trx, queue: Queue, { jobId }: Lease): Promise<boolean> {
  return hadOne(await queue.boss.complete(taskJob, jobId, null, { db: fromKysely(trx) }));
}

/** Gives a job up for another attempt later; says whether this process still had it. */
export async function failLease(
  trx: Trx,
  queue: Queue,
  { jobId }: Lease,
  reason: string,
): Promise<boolean> {
  const output = { message: reason };
  return hadOne(await queue.boss.fail(taskJob, jobId, output, { db: fromKysely(trx) }));
}

/** Takes a job out of the queue, whether it waits or runs; says whether it was there. */
export async function dropJob(trx: Trx, queue: Queue, jobId: string): Promise<boolean> {
  return hadOne(await queue.boss.cancel(taskJob, jobId, { db: fromKysely(trx) }));
}

/** The queue says how many jobs a command was about, in a field that its types leave out. */
function hadOne(response: object): boolean {
  return 'affected' in response && response.affected === 1;
}

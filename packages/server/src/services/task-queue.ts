import { updateTask } from '../db/queries/tasks.ts';
import { tellQueued } from '../db/queries/workers.ts';
import type { Trx } from '../db/types.ts';
import { taskJob } from '../jobs/jobs.ts';
import type { Queue } from '../jobs/queue.ts';

/** A task that is to wait for a worker. */
export interface QueuedTask {
  readonly id: string;
  readonly user_id: string;
  readonly requires: string;
  readonly turn: number;
}

/** What of the waiting tasks may be passed over together: those of an account that need one thing. */
export function taskGroup({ requires, user_id }: Pick<QueuedTask, 'requires' | 'user_id'>): string {
  return `${requires} ${user_id}`;
}

/**
 * Puts a task into the queue within the transaction of its row, and notes the job there.
 * @param retries attempts after the first one; those of every task unless said
 */
export async function enqueueTask(
  trx: Trx,
  { queue }: { readonly queue: Queue },
  task: QueuedTask,
  retries?: number,
): Promise<void> {
  const jobId = await queue.enqueue(
    trx,
    taskJob,
    { taskId: task.id },
    {
      priority: -task.turn,
      group: taskGroup(task),
      ...(retries === undefined ? {} : { retries }),
    },
  );
  await updateTask(trx, task.id, { job_id: jobId });
  await tellQueued(trx);
}

import { isFinal } from '@roto/sdk/contract';
import { lockTask } from '../db/queries/tasks.ts';
import { findOpenTasksOf } from '../db/queries/videos.ts';
import type { Trx } from '../db/types.ts';
import { cancelTaskWithin, type TaskDeps } from './tasks.ts';

/** Cancels the tasks of a video that are not over: it is locked, and no more come to it. */
export async function cancelTasksOf(
  trx: Trx,
  deps: Omit<TaskDeps, 'db'>,
  videoId: string,
): Promise<void> {
  for (const id of await findOpenTasksOf(trx, videoId)) {
    const task = await lockTask(trx, id);
    if (task !== undefined && !isFinal(task.status)) {
      await cancelTaskWithin(trx, deps, undefined, id);
    }
  }
}

import type { Clock } from '../clock.ts';
import { cancelOpenTasksOf } from '../db/queries/videos.ts';
import type { Trx } from '../db/types.ts';
import type { Queue } from '../jobs/queue.ts';
import { release } from './ledger.ts';
import { noteTask } from './task-events.ts';

/** Cancels the tasks of a video that are not over; their credits are back. */
export async function cancelTasksOf(
  trx: Trx,
  deps: { readonly clock: Clock; readonly queue: Queue },
  videoId: string,
): Promise<void> {
  for (const id of await cancelOpenTasksOf(trx, videoId, deps.clock())) {
    await release(trx, deps, id);
    await noteTask(trx, deps, id, { type: 'status' });
  }
}

import { RotoError, Shot } from '@roto/sdk/contract';
import { z } from 'zod';
import type { TaskRow } from '../db/queries/tasks.ts';

/** What a task's row says is to be done. */
const TaskParams = z.object({
  /** The source's path is a placeholder, and the engine is named. */
  shot: Shot,
  /** Prefix in storage of the track of an earlier task, which this one starts from. */
  track: z.string().optional(),
});
export type TaskParams = z.infer<typeof TaskParams>;

/** @throws RotoError `internal` where another version wrote it */
export function paramsOf({ id, params }: Pick<TaskRow, 'id' | 'params'>): TaskParams {
  const parsed = TaskParams.safeParse(params);
  if (parsed.success) return parsed.data;
  throw new RotoError('internal', `The task ${id} says nothing that this version understands.`, {
    cause: parsed.error,
  });
}

/** The track of a task, for another one to start from. */
export function trackOf({ snapshot_key }: Pick<TaskRow, 'snapshot_key'>): { track?: string } {
  return snapshot_key === null ? {} : { track: snapshot_key };
}

import { z } from 'zod';
import { Result } from './result.ts';

/** Printed by `roto pick --json` when it has ended. */
export const PickDocument = z.object({
  schema: z.literal('roto.pick/1'),
  /** Absolute path of the shot document; null where it was not written. */
  shot: z.string().nullable(),
  /** Of the last run that ended well; null where there was none. */
  result: Result.nullable(),
});
export type PickDocument = z.infer<typeof PickDocument>;

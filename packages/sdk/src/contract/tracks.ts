import { z } from 'zod';
import { FrameNumber } from './frames.ts';

/** A track in the cache: what `roto export` and `roto greenscreen` read. */
export const TrackSummary = z.object({
  /** `trk_` and a hash; any unique beginning names the track too. */
  id: z.string(),
  /** Absolute path of the clip it was made from; `####` for a sequence. */
  clip: z.string(),
  engine: z.string(),
  model: z.string(),
  firstFrame: FrameNumber,
  lastFrame: FrameNumber,
  /** Names of the objects. */
  objects: z.array(z.string()),
  bytes: z.number().nonnegative(),
  /** ISO 8601 time of the last run that read or wrote it. */
  usedAt: z.string(),
  /** Every frame of every object is there. */
  complete: z.boolean(),
});
export type TrackSummary = z.infer<typeof TrackSummary>;

/** Printed by `roto cache list --json`. */
export const TracksDocument = z.object({
  schema: z.literal('roto.tracks/1'),
  tracks: z.array(TrackSummary),
  /** Weights that engines derived from checkpoints: made again by the next run that misses them. */
  weights: z.object({ files: z.int().nonnegative(), bytes: z.number().nonnegative() }),
});
export type TracksDocument = z.infer<typeof TracksDocument>;

/** Printed by `roto cache clear --json`. */
export const ClearedDocument = z.object({
  schema: z.literal('roto.cleared/1'),
  /** Tracks removed. */
  tracks: z.int().nonnegative(),
  /** Bytes given back to the disk. */
  bytes: z.number().nonnegative(),
});
export type ClearedDocument = z.infer<typeof ClearedDocument>;

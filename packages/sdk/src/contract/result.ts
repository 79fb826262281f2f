import { z } from 'zod';
import { FrameNumber, FrameRate } from './frames.ts';
import { OutputFormat } from './shot.ts';

export const ResultClip = z.object({
  path: z.string(),
  width: z.int(),
  height: z.int(),
  rate: FrameRate,
  firstFrame: FrameNumber,
  lastFrame: FrameNumber,
});
export type ResultClip = z.infer<typeof ResultClip>;

/** What ran, or runs: engine, model file and device. */
export const RunIdentity = z.object({
  engine: z.string(),
  model: z.object({ id: z.string(), sha256: z.string() }),
  device: z.string(),
});
export type RunIdentity = z.infer<typeof RunIdentity>;

/** One object on one frame. */
export const ResultFrame = z.object({
  frame: FrameNumber,
  /** How sure the engine is that the object is there, 0 to 1. */
  score: z.number().min(0).max(1),
  /** `score` above 0.5. */
  present: z.boolean(),
  /** Pixels of the plate inside the matte: the sum of alpha, rounded. */
  area: z.int().nonnegative(),
});
export type ResultFrame = z.infer<typeof ResultFrame>;

export const ResultOutput = z.object({
  /** Name of the object; absent where one file holds them all. */
  object: z.string().optional(),
  format: OutputFormat,
  /** Absolute path; `####` stands for the frame number of a sequence. */
  path: z.string(),
  firstFrame: FrameNumber,
  lastFrame: FrameNumber,
  alpha: z.enum(['straight', 'premultiplied']),
});
export type ResultOutput = z.infer<typeof ResultOutput>;

export const ResultWarning = z.object({ code: z.string(), message: z.string() });
export type ResultWarning = z.infer<typeof ResultWarning>;

/** What a run made. */
export const Result = z.object({
  schema: z.literal('roto.result/1'),
  clip: ResultClip,
  engine: z.string(),
  model: z.object({ id: z.string(), sha256: z.string() }),
  device: z.string(),
  /** The track in the cache that `roto export` and `roto greenscreen` take. */
  track: z.string(),
  objects: z.array(z.object({ id: z.int(), name: z.string(), frames: z.array(ResultFrame) })),
  outputs: z.array(ResultOutput),
  /**
   * Seconds by stage, of those that ran: `open` the clip, `load` the model, `tracking` in all and
   * within it the engine's `encode`, `prompt` and `track`; then writing, where frames wait for
   * `decode`, `read` (the cache), `matte` and `write`. `total` is the whole run.
   */
  timings: z.record(z.string(), z.number()),
  warnings: z.array(ResultWarning),
});
export type Result = z.infer<typeof Result>;

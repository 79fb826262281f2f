import { z } from 'zod';
import { FrameNumber } from './frames.ts';
import { ResultClip, ResultWarning } from './result.ts';
import { OutputFormat } from './shot.ts';

/** A file a run would write. */
export const PlannedFile = z.object({
  object: z.string().optional(),
  format: OutputFormat,
  /** Absolute path; `####` stands for the frame number of a sequence. */
  path: z.string(),
  /** `refused`: something is there and overwriting was not asked for. */
  state: z.enum(['new', 'overwrite', 'refused']),
});
export type PlannedFile = z.infer<typeof PlannedFile>;

/** What a run would do, printed by `--dry-run`; nothing is tracked and nothing is written. */
export const Plan = z.object({
  schema: z.literal('roto.plan/1'),
  clip: ResultClip,
  engine: z.string(),
  /** The SHA-256 where it is known: a server does not say it before. */
  model: z.object({ id: z.string(), sha256: z.string().optional() }),
  device: z.string(),
  firstFrame: FrameNumber,
  lastFrame: FrameNumber,
  frames: z.int().nonnegative(),
  /** Tracking steps not yet in the cache, summed over objects and directions; of local runs. */
  stepsToTrack: z.int().nonnegative().optional(),
  /** From the timing of one real frame on this machine; of local runs. */
  estimatedSeconds: z.number().nonnegative().optional(),
  /** Whole credits it costs at most; of runs on a server. */
  credits: z.int().nonnegative().optional(),
  /** Bytes the outputs and the track may take, roughly. */
  diskBytes: z.number().nonnegative(),
  freeBytes: z.number().nonnegative(),
  files: z.array(PlannedFile),
  warnings: z.array(ResultWarning),
});
export type Plan = z.infer<typeof Plan>;

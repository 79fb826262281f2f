import { z } from 'zod';
import { FrameNumber } from './frames.ts';
import { ResultClip } from './result.ts';

/** What one frame looks like before anything is tracked; the pictures come beside it. */
export const PreviewSummary = z.object({
  frame: FrameNumber,
  clip: ResultClip,
  engine: z.string(),
  model: z.object({ id: z.string(), sha256: z.string() }),
  device: z.string(),
  objects: z.array(
    z.object({
      id: z.int(),
      name: z.string(),
      /** How sure the engine is that the object is there, 0 to 1. */
      score: z.number().min(0).max(1),
      /** `score` above 0.5. */
      present: z.boolean(),
      /** Pixels of the plate inside the matte: the sum of alpha, rounded. */
      area: z.int().nonnegative(),
    }),
  ),
  /** Absolute paths of the mattes and the overlay written; none without an output folder. */
  files: z.array(z.string()),
});
export type PreviewSummary = z.infer<typeof PreviewSummary>;

/** Printed by `roto preview --json`. */
export const PreviewDocument = PreviewSummary.extend({ schema: z.literal('roto.preview/1') });
export type PreviewDocument = z.infer<typeof PreviewDocument>;

import { z } from 'zod';

/**
 * A frame number of the source, as artists write it (1001), at most nine digits long; movies start
 * at 0 unless said.
 */
export const FrameNumber = z.int().min(-999_999_999).max(999_999_999);

/** Frames a second as an exact fraction: 24000/1001, never 23.976. */
export const FrameRate = z.strictObject({
  num: z.int().positive(),
  den: z.int().positive(),
});
export type FrameRate = z.infer<typeof FrameRate>;

/** Frames `first` to `last`, both included. */
export const FrameRange = z
  .strictObject({ first: FrameNumber, last: FrameNumber })
  .refine((range) => range.first <= range.last, {
    error: 'Expected the first frame of a range to be at or before the last',
  });
export type FrameRange = z.infer<typeof FrameRange>;

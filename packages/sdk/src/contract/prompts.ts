import { z } from 'zod';
import { FrameNumber } from './frames.ts';

/**
 * A click on the displayed picture at stored pixels; (0, 0) is the top left corner of the top left
 * pixel, so the centre of the first pixel is (0.5, 0.5).
 */
export const PromptPoint = z.strictObject({
  x: z.number(),
  y: z.number(),
  label: z.enum(['positive', 'negative']),
});
export type PromptPoint = z.infer<typeof PromptPoint>;

/** A box around the object: left, top, right, bottom in pixels. */
export const PromptBox = z.strictObject({
  x1: z.number(),
  y1: z.number(),
  x2: z.number(),
  y2: z.number(),
});
export type PromptBox = z.infer<typeof PromptBox>;

/** What an artist said of one object on one frame. */
export const FramePrompt = z
  .strictObject({
    frame: FrameNumber,
    /** At most 1000: an engine looks at all of them at once. */
    points: z.array(PromptPoint).max(1000).default([]),
    box: PromptBox.optional(),
    /** A mask picture of the plate's size: white is the object. Path relative to the document. */
    mask: z.string().min(1).optional(),
    /**
     * Whether this changes the mask that was tracked to the frame, instead of saying anew what the
     * object is. Negative points alone always do; nothing else does unless it is said.
     */
    correction: z.boolean().optional(),
  })
  .refine(({ mask, correction }) => mask === undefined || correction !== true, {
    error: 'Expected no mask in a correction: a mask says by itself what the object is',
    path: ['correction'],
  });
export type FramePrompt = z.infer<typeof FramePrompt>;

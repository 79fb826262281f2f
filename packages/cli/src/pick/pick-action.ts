import { FrameNumber, PromptBox, PromptPoint } from '@roto/sdk/contract';
import { z } from 'zod';

const object = z.int();
/** What is said of one object on one frame. */
const on = { object, frame: FrameNumber };
const index = z.int().nonnegative();

/** Everything that changes what is picked; pages send it, so it is checked. */
export const PickAction = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('add-point'),
    ...on,
    point: PromptPoint,
    /** Whether a frame that nothing is said of yet becomes a correction of what was tracked to it. */
    correction: z.boolean().optional(),
  }),
  z.strictObject({
    type: z.literal('move-point'),
    ...on,
    index,
    x: z.number(),
    y: z.number(),
  }),
  z.strictObject({ type: z.literal('remove-point'), ...on, index }),
  z.strictObject({ type: z.literal('set-box'), ...on, box: PromptBox }),
  z.strictObject({ type: z.literal('remove-box'), ...on }),
  z.strictObject({ type: z.literal('set-correction'), ...on, correction: z.boolean() }),
  z.strictObject({ type: z.literal('clear-frame'), ...on }),
  z.strictObject({ type: z.literal('add-object') }),
  z.strictObject({ type: z.literal('rename-object'), object, name: z.string() }),
  z.strictObject({ type: z.literal('remove-object'), object }),
  z.strictObject({ type: z.literal('undo') }),
  z.strictObject({ type: z.literal('redo') }),
]);
export type PickAction = z.infer<typeof PickAction>;

import type { MaskPicture } from '../engine.ts';
import { packBfloat16 } from './bfloat16.ts';
import { type ChosenMask, chooseMask } from './choose-mask.ts';
import { fillHoles } from './fill-holes.ts';
import { adoptMask } from './mask-prompt.ts';
import { type GatheredMemory, memoryBank } from './memory-gather.ts';
import { answerOf } from './network-answer.ts';
import type { DecoderPoint, DecoderPrompt, FrameFeatures, Sam2Networks } from './networks.ts';
import type { Sam2Rules } from './presets.ts';
import type { FrameRecord } from './step.ts';

/** Mask logits given back to the decoder are kept within this. */
const steadyLogit = 32;

/** What the mask of a prompted frame is made from. */
export interface PromptedFrame {
  readonly networks: Sam2Networks;
  readonly rules: Sam2Rules;
  readonly features: FrameFeatures;
}

/**
 * The mask that clicks and a box ask for.
 * @param previous 4E x 4E logits of the object's mask on this frame, which the clicks refine
 * @param gathered what the frame attends to; nothing on a frame that starts a track
 */
export async function clickedMask(
  { networks, rules, features }: PromptedFrame,
  points: readonly DecoderPoint[],
  previous: Float32Array | undefined,
  gathered: GatheredMemory | undefined,
): Promise<ChosenMask> {
  const image =
    gathered === undefined
      ? features.imageWithoutMemory
      : await networks.attend(features, [memoryBank(gathered)]);
  const prompt: DecoderPrompt =
    previous === undefined ? { points } : { points, mask: steadied(previous) };
  const decoded = answerOf(await networks.decode(features, image, [prompt]));
  return withoutHoles(chooseMask(decoded, points.length, networks.vectors, rules), rules);
}

/** The mask that a given matte asks for. */
export async function givenMask(
  { networks, rules, features }: PromptedFrame,
  picture: MaskPicture,
): Promise<ChosenMask> {
  return withoutHoles(await adoptMask(networks, features, picture), rules);
}

/** A prompted mask with what is remembered of it. */
export async function rememberPrompted(
  { networks, rules, features }: PromptedFrame,
  prompted: ChosenMask,
): Promise<FrameRecord> {
  const { mask, score } = prompted;
  const memories = await networks.encodeMemory(features, [
    { logits: mask, binary: rules.binarizeMaskFromPoints, present: score > 0 },
  ]);
  return { ...prompted, tokens: packBfloat16(answerOf(memories)) };
}

function steadied(logits: Float32Array): Float32Array {
  return logits.map((logit) => Math.min(steadyLogit, Math.max(-steadyLogit, logit)));
}

function withoutHoles(chosen: ChosenMask, { fillHoleArea }: Sam2Rules): ChosenMask {
  return { ...chosen, mask: fillHoles(chosen.mask, fillHoleArea) };
}

import { answerOf } from './network-answer.ts';
import type { DecodedMasks, Sam2Vectors } from './networks.ts';
import type { Sam2Rules } from './presets.ts';

/** Logit of every cell of an object that is not on the frame. */
export const absentLogit = -1024;

/** One object on one frame as the decoder has it. */
export interface ChosenMask {
  /** 4E x 4E logits; all {@link absentLogit} where the object is not on the frame. */
  readonly mask: Float32Array;
  /** [256]: the object pointer. */
  readonly pointer: Float32Array;
  /** Logit that the object is on the frame; there above 0. */
  readonly score: number;
}

/**
 * Picks one of the decoder's four masks, and its pointer. No points (a tracked frame) or a single
 * one are ambiguous, so the best of three is taken; more points, or a box, ask for the single mask.
 */
export function chooseMask(
  { masks, ious, pointers, score }: DecodedMasks,
  pointCount: number,
  vectors: Sam2Vectors,
  rules: Sam2Rules,
): ChosenMask {
  const ambiguous = pointCount <= 1;
  const single = answerOf(masks);
  const best = ambiguous || !isStable(single, rules) ? bestOfThree(ious) : 0;
  if (!(score > 0)) {
    const mask = new Float32Array(single.length).fill(absentLogit);
    return { mask, pointer: vectors.noObjectPointer, score };
  }
  // Where an unstable single mask gave way its own pointer stays, as in the published predictor.
  const pointer = answerOf(pointers, ambiguous ? best : 0);
  return { mask: answerOf(masks, best), pointer, score };
}

/** Of equal ones the first. */
function bestOfThree(ious: Float32Array): number {
  let best = 1;
  for (let i = 2; i < ious.length; i += 1) if ((ious[i] ?? 0) > (ious[best] ?? 0)) best = i;
  return best;
}

function isStable(mask: Float32Array, rules: Sam2Rules): boolean {
  if (!rules.multimaskByStability) return true;
  const delta = Math.fround(rules.stabilityDelta);
  let surely = 0;
  let perhaps = 0;
  for (const logit of mask) {
    if (logit > delta) surely += 1;
    if (logit > -delta) perhaps += 1;
  }
  const stability = perhaps === 0 ? 1 : surely / perhaps;
  return Math.fround(stability) >= Math.fround(rules.stabilityThreshold);
}

import type { ResultClip } from '@roto/sdk/contract';
import type { ClipInfo } from '../media/clip.ts';

/** The part of a clip's description that results, plans and events carry. */
export function resultClip(clip: ClipInfo): ResultClip {
  const { path, width, height, rate, firstFrame, lastFrame } = clip;
  return { path, width, height, rate, firstFrame, lastFrame };
}

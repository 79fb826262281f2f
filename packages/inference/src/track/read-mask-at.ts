import type { ObjectMask } from '../engine/engine.ts';
import { blendMasks } from './blend.ts';
import type { ObjectPlan } from './plan.ts';
import type { TrackStore } from './store.ts';

/** What the cache holds of one object on one frame. */
export type CachedMask =
  | { readonly state: 'tracked'; readonly mask: ObjectMask }
  /** Nothing prompted leads to this frame: the object is not there. */
  | { readonly state: 'unreached' }
  /** It should be there and is not: tracking has not come so far. */
  | { readonly state: 'missing' };

/** Reads the mask of a frame from the cache, blended where it was tracked from both sides. */
export async function readMaskAt(
  store: TrackStore,
  plan: ObjectPlan,
  frame: number,
): Promise<CachedMask> {
  const { anchor, before, after } = plan.at(frame);
  if (anchor !== undefined) return found(await store.readAnchor(anchor));
  if (before === undefined && after === undefined) return { state: 'unreached' };
  const first = before && (await store.readTracked(before, frame));
  const second = after && (await store.readTracked(after, frame));
  if (before !== undefined && after !== undefined) {
    if (first === undefined || second === undefined) return { state: 'missing' };
    const span = after.anchor.frame - before.anchor.frame;
    return found(blendMasks(first, second, (frame - before.anchor.frame) / span));
  }
  return found(first ?? second);
}

function found(mask: ObjectMask | undefined): CachedMask {
  return mask === undefined ? { state: 'missing' } : { state: 'tracked', mask };
}

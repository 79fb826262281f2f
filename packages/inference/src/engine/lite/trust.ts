import type { CellMotion } from './cell-motion.ts';
import type { MaskGrid } from './mask-grid.ts';
import { clip } from './prior.ts';

// Trust says of each mask cell how sure its past makes it: 1 for what a key showed or what long
// moved with the object, 0 for what was never object, down to -1 for what looks like the object
// and was seen to go with the ground.

const gain = 0.1;
/** What a trusted cell loses by going with the ground: a foot may stand for a while. */
const slowLoss = 0.03;
const quickLoss = 0.5;
const trusted = 0.5;
/** What is left a frame later of the distrust of a cell that no longer looks like the object. */
const forgetting = 0.9;
/** Trust of what is found while the motion is not known. */
const foundTrust = 0.5;
/** Logit taken from a cell that surely goes with the ground. */
const objectionWeight = 10;
/** The decoder's logits up to which an objection holds in full, and from which on not at all. */
const overruling = { from: 0.5, full: 3 } as const;

/** Trust of a mask that somebody gave or confirmed. */
export function startTrust(mask: MaskGrid): Float32Array {
  return mask.logits.map((logit) => (logit > 0 ? 1 : 0));
}

/**
 * Trust after a frame. `wanted` are the logits as they were before objections: what only the motion
 * keeps out of the mask is distrusted from then on.
 */
export function nextTrust(
  mask: MaskGrid,
  wanted: Float32Array,
  motion: CellMotion | undefined,
): Float32Array {
  if (motion === undefined) return mask.logits.map((logit) => (logit > 0 ? foundTrust : 0));
  return mask.logits.map((logit, i) => {
    const before = motion.trust[i] ?? 0;
    const ground = motion.withGround[i] ?? 0;
    if (logit <= 0) {
      const distrust = Math.min(before, 0);
      return (wanted[i] ?? 0) > 0
        ? Math.max(-1, distrust - quickLoss * ground)
        : forgetting * distrust;
    }
    const loss = (before > trusted ? slowLoss : quickLoss) * ground;
    return Math.min(1, Math.max(-1, before + gain * (1 - ground) ** 2 - loss));
  });
}

/** What the motion takes from each cell's logit: most from cells without trust that go with the ground. */
export function objections(motion: CellMotion): Float32Array {
  return motion.trust.map((trust, i) => {
    const seen = (motion.withGround[i] ?? 0) * (1 - Math.max(0, trust));
    const known = -trust * (motion.certainty[i] ?? 0) * (motion.fitsGround[i] ?? 0);
    return objectionWeight * Math.max(seen, known);
  });
}

/**
 * What is left of objections where the decoder, asked with them, still takes the cell for object.
 * A foot stands on the ground while the rest moves, and the decoder is sure of it: of the parts of
 * two walkers that were objected to half had logits above 4.5, of a rock like the animal before it
 * nine in ten had less than 1.6.
 */
export function upheldObjections(against: Float32Array, decoded: Float32Array): Float32Array {
  const { from, full } = overruling;
  return against.map((less, i) => less * clip((full - (decoded[i] ?? 0)) / (full - from), 0, 1));
}

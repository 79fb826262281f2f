import { removeIslands } from '../../matte/islands.ts';

/** Logit of a filled cell: barely object. */
const filledLogit = 0.1;
const hole = 65535;

/**
 * The square mask with its holes filled: connected sets, by sides or corners, of at most `area`
 * cells that are not above 0. The mask itself where there is nothing to fill.
 */
export function fillHoles(logits: Float32Array, area: number): Float32Array {
  if (area === 0) return logits;
  const empty = Uint16Array.from(logits, (logit) => (logit <= 0 ? hole : 0));
  const left = empty.slice();
  const rule = { area: area + 1, corners: true, keepAtBorder: false };
  if (!removeIslands(left, Math.sqrt(logits.length), rule)) return logits;
  return logits.map((logit, i) => (empty[i] === left[i] ? logit : filledLogit));
}

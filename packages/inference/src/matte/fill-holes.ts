import { type Matte, opaque } from './alpha.ts';
import { removeIslands } from './islands.ts';

/**
 * Fills holes of fewer than `area` pixels (4-connected, alpha below a half) with their soft rims;
 * alpha never falls. What touches the picture's border is no hole: the object may go on beyond it.
 * An area of 0 changes nothing.
 */
export function fillHoles(matte: Matte, area: number): Matte {
  if (area <= 0) return matte;
  // A hole of the matte is an island of its complement; 4-connected, as the object is 8-connected.
  const alpha = complement(matte.alpha);
  const rule = { area, corners: false, keepAtBorder: true };
  if (!removeIslands(alpha, matte.width, rule)) return matte;
  return { ...matte, alpha: complement(alpha) };
}

function complement(alpha: Uint16Array): Uint16Array {
  return alpha.map((value) => opaque - value);
}

import type { Matte } from './alpha.ts';
import { removeIslands } from './islands.ts';

/**
 * Removes islands of fewer than `area` pixels (8-connected, alpha of a half or more) with their
 * soft rims; alpha never rises. An area of 0 changes nothing.
 */
export function despeckle(matte: Matte, area: number): Matte {
  if (area <= 0) return matte;
  const alpha = matte.alpha.slice();
  const rule = { area, corners: true, keepAtBorder: false };
  return removeIslands(alpha, matte.width, rule) ? { ...matte, alpha } : matte;
}

import { type Matte, opaque } from './alpha.ts';
import { removeIslands } from './islands.ts';
import { boundsOf, cutOut, putBack } from './pixel-box.ts';

/**
 * Removes islands of fewer than `area` pixels (8-connected, alpha of a half or more) with their
 * soft rims; alpha never rises. An area of 0 changes nothing.
 */
export function despeckle(matte: Matte, area: number): Matte {
  const { width } = matte;
  const box = boundsOf(matte.alpha, width, { least: 1, most: opaque });
  if (area <= 0 || box === undefined) return matte;
  const part = cutOut(matte.alpha, width, box);
  const rule = { area, corners: true, keepAtBorder: false };
  if (!removeIslands(part, box.right - box.left, rule)) return matte;
  const alpha = matte.alpha.slice();
  putBack(alpha, width, box, part);
  return { ...matte, alpha };
}

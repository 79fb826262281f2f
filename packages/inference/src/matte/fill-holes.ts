import { type Matte, opaque } from './alpha.ts';
import { removeIslands } from './islands.ts';
import { boundsOf, cutOut, growBox, putBack } from './pixel-box.ts';

/**
 * Fills holes of fewer than `area` pixels (4-connected, alpha below a half) with their soft rims;
 * alpha never falls. What touches the picture's border is no hole: the object may go on beyond it.
 * An area of 0 changes nothing.
 */
export function fillHoles(matte: Matte, area: number): Matte {
  const { width, height } = matte;
  const object = boundsOf(matte.alpha, width, { least: 1, most: opaque });
  if (area <= 0 || object === undefined) return matte;
  // The ring round the object belongs to the background outside, or is the picture's border.
  const box = growBox(object, 1, width, height);
  // A hole of the matte is an island of its complement; 4-connected, as the object is 8-connected.
  const ground = complement(cutOut(matte.alpha, width, box));
  const rule = { area, corners: false, keepAtBorder: true };
  if (!removeIslands(ground, box.right - box.left, rule)) return matte;
  const alpha = matte.alpha.slice();
  putBack(alpha, width, box, complement(ground));
  return { ...matte, alpha };
}

function complement(alpha: Uint16Array): Uint16Array {
  return alpha.map((value) => opaque - value);
}

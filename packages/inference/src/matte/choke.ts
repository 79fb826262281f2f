import type { Matte } from './alpha.ts';
import { opaque } from './alpha.ts';
import { erode } from './erode.ts';

/**
 * Moves the edge by `pixels` along its normal: positive shrinks the matte, negative grows it, by
 * parts of a pixel too. A soft edge keeps its softness, and an object cut by the picture's border
 * is not eaten from there. 0 changes nothing.
 */
export function choke(matte: Matte, pixels: number): Matte {
  if (pixels === 0) return matte;
  if (pixels > 0) return { ...matte, alpha: erode(matte.alpha, matte.width, pixels) };
  const ground = matte.alpha.map((value) => opaque - value);
  const grown = erode(ground, matte.width, -pixels);
  return { ...matte, alpha: grown.map((value) => opaque - value) };
}

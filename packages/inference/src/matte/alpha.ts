/**
 * A matte of the plate's size, 0..65535 (65535 is wholly object), rows from the top, linear:
 * alpha has no transfer curve.
 */
export interface Matte {
  readonly width: number;
  readonly height: number;
  readonly alpha: Uint16Array;
}

/** Alpha of a pixel that is wholly object. */
export const opaque = 65535;

/** The least alpha that counts as inside: a half, rounded up. */
export const half = 32768;

/** The number of pixels inside a matte: the sum of alpha, rounded. */
export function matteArea(matte: Matte): number {
  let sum = 0;
  for (const value of matte.alpha) sum += value;
  return Math.round(sum / 65535);
}

/** A matte with no object in it. */
export function emptyMatte(width: number, height: number): Matte {
  return { width, height, alpha: new Uint16Array(width * height) };
}

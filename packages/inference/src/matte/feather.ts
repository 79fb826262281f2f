import type { Matte } from './alpha.ts';
import { gaussianBlur } from './gaussian-blur.ts';
import { boundsOf, growBox } from './pixel-box.ts';

/**
 * Blurs the edge by a Gaussian of standard deviation `sigma` in pixels. The picture is held at its
 * borders, so an object cut by the frame does not fade there. 0 changes nothing.
 */
export function feather(matte: Matte, sigma: number): Matte {
  const { width, height } = matte;
  if (sigma <= 0) return matte;
  const object = boundsOf(matte.alpha, width, { least: 1, most: 65535 });
  if (object === undefined) return matte;
  const box = growBox(object, Math.ceil(4 * sigma) + 1, width, height);
  const across = box.right - box.left;
  const part = new Float32Array(across * (box.bottom - box.top));
  for (let y = box.top; y < box.bottom; y++) {
    const row = matte.alpha.subarray(y * width + box.left, y * width + box.right);
    part.set(row, (y - box.top) * across);
  }
  gaussianBlur(part, across, sigma);
  const alpha = new Uint16Array(width * height);
  for (let y = box.top; y < box.bottom; y++) {
    const from = (y - box.top) * across;
    const to = y * width + box.left;
    for (let x = 0; x < across; x++) {
      alpha[to + x] = Math.min(65535, Math.max(0, Math.round(part[from + x] ?? 0)));
    }
  }
  return { width, height, alpha };
}

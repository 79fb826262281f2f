import { type Matte, opaque } from './alpha.ts';
import { gaussianBlur } from './gaussian-blur.ts';
import { boundsOf, cutOut, growBox, putBack } from './pixel-box.ts';

/**
 * Blurs the edge by a Gaussian of standard deviation `sigma` in pixels. The picture is held at its
 * borders, so an object cut by the frame does not fade there. 0 changes nothing.
 */
export function feather(matte: Matte, sigma: number): Matte {
  const { width, height } = matte;
  if (sigma <= 0) return matte;
  const object = boundsOf(matte.alpha, width, { least: 1, most: opaque });
  if (object === undefined) return matte;
  const box = growBox(object, Math.ceil(4 * sigma) + 1, width, height);
  const across = box.right - box.left;
  const part = cutOut(matte.alpha, width, box);
  const blurred = Float32Array.from(part);
  gaussianBlur(blurred, across, sigma);
  for (let i = 0; i < part.length; i++) {
    part[i] = Math.min(opaque, Math.max(0, Math.round(blurred[i] ?? 0)));
  }
  const alpha = new Uint16Array(width * height);
  putBack(alpha, width, box, part);
  return { width, height, alpha };
}

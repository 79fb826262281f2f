import { image2sixel } from 'sixel';
import type { Picture } from './picture.ts';

/** A picture for terminals with sixel graphics, in 256 colours of its own. */
export function sixelPicture({ width, height, rgb }: Picture): string {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    rgba.set(rgb.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    rgba[pixel * 4 + 3] = 255;
  }
  return `${image2sixel(rgba, width, height, 256, 0)}\n`;
}

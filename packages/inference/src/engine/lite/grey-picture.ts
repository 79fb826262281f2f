import type { Frame } from '../../media/clip.ts';
import type { GreyPicture } from './optical-flow.ts';
import type { PictureSize } from './view.ts';

/** Longer side that a frame is brought to before its motion is looked at, about. */
const smallSide = 214;
/** Pixels each way that are looked at of those under one small pixel. */
const looks = 4;

/** Pixels of a picture each way under one pixel of its small grey one. */
export function greyStep({ width, height }: PictureSize): number {
  return Math.max(1, Math.round(Math.max(width, height) / smallSide));
}

/** A frame in grey at a whole fraction of its size; values are whole numbers. */
export function greyPicture(frame: Frame): GreyPicture {
  const step = greyStep(frame);
  const width = Math.max(1, Math.floor(frame.width / step));
  const height = Math.max(1, Math.floor(frame.height / step));
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[y * width + x] = Math.round(meanGrey(frame, x * step, y * step, step));
    }
  }
  return { width, height, data };
}

function meanGrey({ rgb, width }: Frame, left: number, top: number, step: number): number {
  const skip = Math.max(1, Math.floor(step / looks));
  let sum = 0;
  let count = 0;
  for (let y = top; y < top + step; y += skip) {
    for (let x = left; x < left + step; x += skip) {
      const at = (y * width + x) * 3;
      sum += 77 * (rgb[at] ?? 0) + 150 * (rgb[at + 1] ?? 0) + 29 * (rgb[at + 2] ?? 0);
      count++;
    }
  }
  return sum / (256 * count);
}

import sharp from 'sharp';
import type { Clip } from '../media/clip.ts';

/** Largest side of a thumbnail, in pixels. */
const largestSide = 480;

/**
 * Writes a JPEG of a frame a tenth into the clip, where first frames are often black.
 * @throws what the clip throws
 */
export async function writeThumbnail(
  clip: Clip,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const { firstFrame, lastFrame } = clip.info;
  const number = firstFrame + Math.floor((lastFrame - firstFrame) / 10);
  const { width, height, rgb } = await clip.frame(number, signal);
  await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize({ width: largestSide, height: largestSide, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 80 })
    .toFile(path);
}

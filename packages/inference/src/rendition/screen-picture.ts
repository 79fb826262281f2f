import sharp from 'sharp';
import type { Frame } from '../media/clip.ts';

/** A frame no side of which is longer than `largestSide` pixels; itself where it is small enough. */
export async function shrinkFrame(frame: Frame, largestSide: number): Promise<Frame> {
  if (Math.max(frame.width, frame.height) <= largestSide) return frame;
  const { data, info } = await sharp(frame.rgb, { raw: rawOf(frame, 3) })
    .resize({ width: largestSide, height: largestSide, fit: 'inside' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { number: frame.number, width: info.width, height: info.height, rgb: data };
}

/** A picture as a JPEG file, good enough to judge edges by; for screens, not for work. */
export async function jpegPicture(
  picture: Pick<Frame, 'width' | 'height' | 'rgb'>,
): Promise<Uint8Array> {
  return sharp(picture.rgb, { raw: rawOf(picture, 3) })
    .jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

/** Values of 0..255, rows from the top, as an 8-bit grey PNG file. */
export async function greyPng(picture: {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}): Promise<Uint8Array> {
  return sharp(picture.data, { raw: rawOf(picture, 1) })
    .toColourspace('b-w')
    .png({ compressionLevel: 4 })
    .toBuffer();
}

function rawOf<Channels extends 1 | 3>(
  { width, height }: { readonly width: number; readonly height: number },
  channels: Channels,
) {
  return { width, height, channels };
}

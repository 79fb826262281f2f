import { readFile, stat } from 'node:fs/promises';
import { RotoError } from '@roto/sdk/contract';
import sharp from 'sharp';
import type { MaskPicture } from '../engine/engine.ts';

const readable = new Set(['png', 'tiff', 'jpeg']);
/** 16384 x 16384: more than any plate, little enough to decode in memory. */
const maxPixels = 2 ** 28;
/** 1 GiB: RGBA of that many pixels at 8 bits without compression. */
const maxBytes = 2 ** 30;

/**
 * Reads the picture of a mask prompt: PNG, TIFF or JPEG of any depth, grey, palette or colour.
 * White is object; colour counts by its luma. A picture with transparency in it is a cut-out, and
 * its alpha is the mask; an alpha channel that is opaque everywhere says nothing and is left out.
 * A picture that asks to be shown turned is turned.
 * @throws RotoError `mask_unreadable`
 */
export async function readMaskPicture(path: string): Promise<MaskPicture> {
  try {
    // Bytes, not a path: libvips reads options out of file names (`mask.png[page=1]`).
    return await decodeMask(await readRegularFile(path));
  } catch (cause) {
    if (cause instanceof RotoError) throw cause;
    throw new RotoError('mask_unreadable', `The mask ${path} cannot be read as a picture.`, {
      hint: 'Give a PNG, TIFF or JPEG of the size of the plate, white where the object is.',
      cause,
    });
  }
}

/** A device or a pipe may have no end, or never begin. */
async function readRegularFile(path: string): Promise<Buffer> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined) {
    throw new RotoError('mask_unreadable', `There is no mask ${path}.`, { param: 'mask' });
  }
  if (!there.isFile() || there.size > maxBytes) {
    const what = there.isFile() ? `of ${there.size} bytes` : 'no file';
    throw new RotoError(
      'mask_unreadable',
      `Expected a picture file of at most ${maxBytes} bytes as the mask but ${path} is ${what}.`,
      { param: 'mask' },
    );
  }
  return readFile(path);
}

async function decodeMask(bytes: Buffer): Promise<MaskPicture> {
  const picture = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error' });
  const { format, hasAlpha } = await picture.metadata();
  if (!readable.has(format)) {
    throw new RotoError('mask_unreadable', `Expected a PNG, TIFF or JPEG mask, got ${format}.`);
  }
  const isCutOut = hasAlpha && !(await picture.stats()).isOpaque;
  const upright = picture.clone().autoOrient();
  const plane = isCutOut ? upright.extractChannel('alpha') : upright.removeAlpha().greyscale();
  const { data, info } = await plane
    .toColourspace('b-w')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

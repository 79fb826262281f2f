import { setImmediate } from 'node:timers/promises';
import { RotoError } from '@roto/sdk/contract';
import sharp from 'sharp';
import { widen } from './deep-pixels.ts';
import { decodeExr, readExrHeader } from './exr/exr.ts';
import { checkSize, maxPixels } from './probe.ts';
import type { ViewTransform } from './view-transform.ts';

/** What the header of a PNG, JPEG, TIFF or EXR says. Sizes are of the displayed picture. */
export interface PictureHeader {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly hasAlpha: boolean;
  /** Values are light, not code values: EXR. */
  readonly isLinear: boolean;
  readonly rotation: 0 | 90 | 180 | 270;
  readonly mirrored: boolean;
  readonly pixelAspect: { readonly num: number; readonly den: number };
}

/** Whether the name is that of an OpenEXR file. */
export function isExrName(path: string): boolean {
  return /\.exr$/i.test(path);
}

/**
 * Reads the header of a picture file.
 * @throws RotoError `source_unreadable`, `source_too_small`
 */
export async function readPictureHeader(path: string): Promise<PictureHeader> {
  const header = isExrName(path) ? await readExrHeader(path) : await readRasterHeader(path);
  checkSize(path, header.width, header.height);
  return header;
}

/**
 * Decodes a picture to displayed RGB of 8 or 16 bits a channel, in fresh memory; straight colour
 * where there is alpha. Code values are taken as they are: embedded profiles change nothing.
 * @param view how linear values are shown; undefined where they are display values already.
 * @throws RotoError `source_unreadable`
 */
export async function decodePicture(
  path: string,
  header: PictureHeader,
  depth: 8 | 16,
  view: ViewTransform | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (isExrName(path)) {
    const linear = await decodeExr(path);
    return view === undefined ? quantize(linear, depth) : shown(linear, depth, view);
  }
  const wide = await decodeRaster(path, header);
  if (view !== undefined) {
    const top = wide instanceof Uint16Array ? 65_535 : 255;
    return shown(
      Float32Array.from(wide, (value) => value / top),
      depth,
      view,
    );
  }
  return depth === 8 ? toEight(wide) : toSixteen(wide);
}

const turnsByExif = [
  [0, false],
  [0, true],
  [180, false],
  [180, true],
  [90, true],
  [90, false],
  [270, true],
  [270, false],
] as const;

async function readRasterHeader(path: string): Promise<PictureHeader> {
  try {
    const found = await open(path).metadata();
    const [rotation, mirrored] = turnsByExif[(found.orientation ?? 1) - 1] ?? turnsByExif[0];
    const isTurned = rotation % 180 !== 0;
    return {
      width: isTurned ? found.height : found.width,
      height: isTurned ? found.width : found.height,
      bitDepth: bitDepths[found.depth] ?? 8,
      hasAlpha: found.hasAlpha,
      isLinear: false,
      rotation,
      mirrored,
      pixelAspect: { num: 1, den: 1 },
    };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

const bitDepths: Readonly<Record<string, number>> = {
  ushort: 16,
  short: 16,
  float: 32,
  double: 64,
};

async function decodeRaster(
  path: string,
  header: PictureHeader,
): Promise<Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>> {
  const isWide = header.bitDepth > 8;
  try {
    const { data, info } = await open(path)
      .autoOrient()
      .removeAlpha()
      .toColourspace(isWide ? 'rgb16' : 'srgb')
      .raw({ depth: isWide ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.width !== header.width || info.height !== header.height || info.channels !== 3) {
      throw new Error(`Got ${info.width}x${info.height} in ${info.channels} channels`);
    }
    const own = new Uint8Array(data.length);
    own.set(data);
    return isWide ? new Uint16Array(own.buffer) : own;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function open(path: string) {
  return sharp(path, {
    failOn: 'truncated',
    ignoreIcc: true,
    limitInputPixels: maxPixels,
    sequentialRead: true,
    pages: 1,
  });
}

function toEight(values: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>) {
  if (values instanceof Uint8Array) {
    return values;
  }
  const out = new Uint8Array(values.length);
  for (let at = 0; at < out.length; at++) {
    out[at] = ((values[at] ?? 0) * 255 + 32_767) / 65_535;
  }
  return out;
}

function toSixteen(values: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>) {
  return values instanceof Uint16Array ? new Uint8Array(values.buffer) : widen(values);
}

/** Values that are code values already, 0..1. */
function quantize(values: Float32Array, depth: 8 | 16): Uint8Array<ArrayBuffer> {
  const out = depth === 8 ? new Uint8Array(values.length) : new Uint16Array(values.length);
  const top = depth === 8 ? 255 : 65_535;
  for (let at = 0; at < out.length; at++) {
    const value = values[at] ?? 0;
    out[at] = value > 0 ? Math.round(Math.min(value, 1) * top) : 0;
  }
  return new Uint8Array(out.buffer);
}

/** Values shown before other work gets its turn: a few milliseconds' worth. */
const slice = 3 * 2 ** 16;

async function shown(
  linear: Float32Array,
  depth: 8 | 16,
  view: ViewTransform,
): Promise<Uint8Array<ArrayBuffer>> {
  const out = depth === 8 ? new Uint8Array(linear.length) : new Uint16Array(linear.length);
  for (let at = 0; at < out.length; at += slice) {
    const part = out.subarray(at, at + slice);
    view.apply(linear.subarray(at, at + slice), part, depth === 8 ? 255 : 65_535);
    await setImmediate();
  }
  return new Uint8Array(out.buffer);
}

function unreadable(path: string, cause: unknown): RotoError {
  const said = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : '';
  return new RotoError('source_unreadable', `Could not read ${path} as a picture: ${said}`, {
    param: 'source.path',
    hint: 'The file may be cut off or of another format than its name says.',
    cause,
  });
}

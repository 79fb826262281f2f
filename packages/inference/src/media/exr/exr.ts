import { open, readFile } from 'node:fs/promises';
import { RotoError } from '@roto/sdk/contract';
import type { PictureHeader } from '../picture.ts';
import { maxPixels, maxSide, positiveFraction } from '../probe.ts';
import { blockLines, decodeBlock } from './blocks.ts';
import {
  type ExrBox,
  type ExrChannel,
  ExrNeedsMore,
  type ExrPart,
  parseExrHeader,
  sampleBytes,
} from './header.ts';

const headerStart = 64 * 1024;
const headerLimit = 16 * 2 ** 20;
const blocksAtOnce = 8;

/**
 * Reads the header of an OpenEXR file: the size is that of the display window.
 * @throws RotoError `source_unreadable`
 */
export async function readExrHeader(path: string): Promise<PictureHeader> {
  return orUnreadable(path, async () => {
    const { part, rgb } = choosePart(await readParts(path));
    const depths = { uint: 32, half: 16, float: 32 };
    return {
      width: widthOf(part.displayWindow),
      height: heightOf(part.displayWindow),
      bitDepth: depths[rgb[0].type],
      hasAlpha: part.channels.some(({ name }) => /(^|\.)(a|alpha)$/i.test(name)),
      isLinear: true,
      rotation: 0,
      mirrored: false,
      pixelAspect: pixelAspect(part.pixelAspect),
    };
  });
}

/**
 * Decodes an OpenEXR file to linear RGB of its display window, rows from the top, three floats a
 * pixel. What the data window leaves out is black, what it has beyond is cut. Reads scan lines and
 * tiles, one part or many (the first with a colour picture), half, float and integer channels;
 * compressions none, RLE, ZIPS, ZIP, PIZ and PXR24.
 * @throws RotoError `source_unreadable`
 */
export async function decodeExr(path: string): Promise<Float32Array<ArrayBuffer>> {
  return orUnreadable(path, async () => {
    const bytes = await readFile(path);
    const { part, rgb } = choosePart(parseExrHeader(bytes));
    const picture = new Float32Array(
      widthOf(part.displayWindow) * heightOf(part.displayWindow) * 3,
    );
    const blocks = listBlocks(part, bytes.length).filter(({ box }) =>
      overlap(box, part.displayWindow),
    );
    for (let at = 0; at < blocks.length; at += blocksAtOnce) {
      const some = blocks.slice(at, at + blocksAtOnce);
      await Promise.all(some.map((block) => decodeInto(picture, { bytes, part, rgb, block })));
    }
    return picture;
  });
}

/** Whole lines or a tile, by its place in the table of blocks. */
interface Block {
  readonly index: number;
  readonly box: ExrBox;
  /** How the block names itself: its first line, or its tile's column and row. */
  readonly coordinates: readonly number[];
}

interface ChosenPart {
  readonly part: ExrPart;
  readonly rgb: readonly [ExrChannel, ExrChannel, ExrChannel];
}

interface BlockJob extends ChosenPart {
  readonly bytes: Buffer;
  readonly block: Block;
}

async function decodeInto(picture: Float32Array, job: BlockJob): Promise<void> {
  const { part, block, rgb } = job;
  const { box } = block;
  const layout = { channels: part.channels, width: widthOf(box), height: heightOf(box) };
  const samples = await decodeBlock(part.compression, packedBytes(job), layout);
  for (const [plane, channel] of rgb.entries()) {
    copyChannel(picture, { part, box, samples, channel, plane });
  }
}

/** The bytes of a block: part number where there are several, coordinates, length, then they. */
function packedBytes({ bytes, part, block }: BlockJob): Buffer {
  const offset = Number(bytes.readBigUInt64LE(part.offsetTable + 8 * block.index));
  const isTiled = part.tile !== undefined;
  const expected = [
    ...(part.partNumber === undefined ? [] : [part.partNumber]),
    ...block.coordinates,
    ...(isTiled ? [0, 0] : []),
  ];
  const start = offset + 4 * expected.length + 4;
  if (offset === 0 || start > bytes.length) {
    throw new Error('it is cut off');
  }
  if (expected.some((value, at) => bytes.readInt32LE(offset + 4 * at) !== value)) {
    throw new Error('its table of blocks is damaged');
  }
  const length = bytes.readInt32LE(start - 4);
  if (length < 0 || start + length > bytes.length) {
    throw new Error('it is cut off');
  }
  return bytes.subarray(start, start + length);
}

interface CopyJob {
  readonly part: ExrPart;
  readonly box: ExrBox;
  readonly samples: Buffer;
  readonly channel: ExrChannel;
  readonly plane: number;
}

/** Copies the part of a block that lies in the display window into one plane of the picture. */
function copyChannel(picture: Float32Array, { part, box, samples, channel, plane }: CopyJob): void {
  const { displayWindow: display, channels } = part;
  const seen = overlap(box, display);
  if (seen === undefined) {
    return;
  }
  const before = channels.slice(0, channels.indexOf(channel));
  const width = widthOf(box);
  const lineBytes = channels.reduce((sum, each) => sum + sampleBytes(each) * width, 0);
  const channelStart = before.reduce((sum, each) => sum + sampleBytes(each) * width, 0);
  const size = sampleBytes(channel);
  const view = new DataView(samples.buffer, samples.byteOffset, samples.byteLength);
  const halves = halfValues();
  for (let y = seen.yMin; y <= seen.yMax; y++) {
    let from = (y - box.yMin) * lineBytes + channelStart + (seen.xMin - box.xMin) * size;
    let to = ((y - display.yMin) * widthOf(display) + seen.xMin - display.xMin) * 3 + plane;
    for (let x = seen.xMin; x <= seen.xMax; x++) {
      if (channel.type === 'half') {
        picture[to] = halves[view.getUint16(from, true)] ?? 0;
      } else if (channel.type === 'float') {
        picture[to] = view.getFloat32(from, true);
      } else {
        picture[to] = view.getUint32(from, true);
      }
      from += size;
      to += 3;
    }
  }
}

/** All blocks of the full-size picture, in the order of the table. */
function listBlocks(part: ExrPart, fileSize: number): Block[] {
  const { dataWindow: data, tile } = part;
  const width = tile?.width ?? widthOf(data);
  const height = tile?.height ?? blockLines[part.compression];
  const columns = Math.ceil(widthOf(data) / width);
  const rows = Math.ceil(heightOf(data) / height);
  if (!(part.offsetTable + 8 * columns * rows <= fileSize)) {
    throw new Error('it is cut off');
  }
  return Array.from({ length: columns * rows }, (_, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const xMin = data.xMin + column * width;
    const yMin = data.yMin + row * height;
    const xMax = Math.min(data.xMax, xMin + width - 1);
    const yMax = Math.min(data.yMax, yMin + height - 1);
    const coordinates = tile === undefined ? [yMin] : [column, row];
    return { index, box: { xMin, yMin, xMax, yMax }, coordinates };
  });
}

/** The first part with a colour picture, and its three channels. */
function choosePart(parts: readonly ExrPart[]): ChosenPart {
  for (const part of parts) {
    const rgb = colorChannels(part.channels);
    if (rgb !== undefined) {
      checkPart(part);
      return { part, rgb };
    }
  }
  const names = parts.flatMap(({ channels }) => channels.map(({ name }) => name));
  throw new Error(`it has no red, green and blue, only ${names.slice(0, 12).join(', ')}`);
}

/** Plain `R G B`, else those of the first layer that has them, else `Y` for all three. */
function colorChannels(channels: readonly ExrChannel[]): ChosenPart['rgb'] | undefined {
  const byName = new Map(channels.map((channel) => [channel.name.toLowerCase(), channel]));
  const layers = channels
    .map(({ name }) => /^(.*\.)(?:r|red)$/i.exec(name)?.[1]?.toLowerCase())
    .filter((layer) => layer !== undefined);
  for (const layer of ['', ...layers]) {
    const [r, g, b] = ['red', 'green', 'blue'].map(
      (color) => byName.get(layer + color.charAt(0)) ?? byName.get(layer + color),
    );
    if (r !== undefined && g !== undefined && b !== undefined) {
      return [r, g, b];
    }
  }
  const y = byName.has('ry') ? undefined : byName.get('y');
  return y === undefined ? undefined : [y, y, y];
}

function checkPart(part: ExrPart): void {
  if (part.channels.some(({ xSampling, ySampling }) => xSampling !== 1 || ySampling !== 1)) {
    throw new Error('some of its channels are subsampled, which is not read here');
  }
  const { width = 1, height = 1 } = part.tile ?? {};
  for (const box of [part.dataWindow, part.displayWindow]) {
    const [across, down] = [widthOf(box), heightOf(box)];
    const isSane = across >= 1 && down >= 1 && across <= maxSide && down <= maxSide;
    if (!isSane || across * down > maxPixels || width < 1 || height < 1) {
      throw new Error(`its window is ${across}x${down}`);
    }
  }
}

async function readParts(path: string): Promise<readonly ExrPart[]> {
  const file = await open(path);
  try {
    for (let size = headerStart; size <= headerLimit; size *= 4) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
      try {
        return parseExrHeader(buffer.subarray(0, bytesRead));
      } catch (error) {
        if (!(error instanceof ExrNeedsMore) || bytesRead < size) {
          throw error;
        }
      }
    }
  } finally {
    await file.close();
  }
  throw new Error('its header is damaged');
}

async function orUnreadable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const said =
      cause instanceof ExrNeedsMore || !(cause instanceof Error) ? 'it is cut off' : cause.message;
    throw new RotoError('source_unreadable', `Could not read ${path}: ${said}`, {
      param: 'source.path',
      hint: 'Expected an OpenEXR file with R, G and B, lossless compressed: ZIP, PIZ or such.',
      cause,
    });
  }
}

function pixelAspect(ratio: number): PictureHeader['pixelAspect'] {
  const isSane = ratio > 0.01 && ratio < 100;
  const fraction = isSane ? positiveFraction(`${Math.round(ratio * 1000)}/1000`) : undefined;
  return fraction ?? { num: 1, den: 1 };
}

function overlap(a: ExrBox, b: ExrBox): ExrBox | undefined {
  const [xMin, yMin] = [Math.max(a.xMin, b.xMin), Math.max(a.yMin, b.yMin)];
  const [xMax, yMax] = [Math.min(a.xMax, b.xMax), Math.min(a.yMax, b.yMax)];
  return xMin <= xMax && yMin <= yMax ? { xMin, yMin, xMax, yMax } : undefined;
}

function widthOf(box: ExrBox): number {
  return box.xMax - box.xMin + 1;
}

function heightOf(box: ExrBox): number {
  return box.yMax - box.yMin + 1;
}

let halfTable: Float32Array | undefined;

/** All 65536 half floats (IEEE 754 binary16) as numbers. */
function halfValues(): Float32Array {
  halfTable ??= Float32Array.from({ length: 65_536 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) {
      return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    }
    return exponent === 0
      ? sign * fraction * 2 ** -24
      : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
  return halfTable;
}

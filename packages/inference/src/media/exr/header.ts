/** Inclusive pixel rectangle, as OpenEXR's `box2i`. */
export interface ExrBox {
  readonly xMin: number;
  readonly yMin: number;
  readonly xMax: number;
  readonly yMax: number;
}

export interface ExrChannel {
  readonly name: string;
  readonly type: 'uint' | 'half' | 'float';
  readonly xSampling: number;
  readonly ySampling: number;
}

/** A block of whole lines as the file lays them out: line by line, channel by channel. */
export interface BlockLayout {
  readonly channels: readonly ExrChannel[];
  readonly width: number;
  readonly height: number;
}

/** Bytes of one sample. */
export function sampleBytes(channel: ExrChannel): number {
  return channel.type === 'half' ? 2 : 4;
}

export const exrCompressions = [
  'none',
  'rle',
  'zips',
  'zip',
  'piz',
  'pxr24',
  'b44',
  'b44a',
  'dwaa',
  'dwab',
] as const;
export type ExrCompression = (typeof exrCompressions)[number];

/** One part of an OpenEXR file; a plain file has one. */
export interface ExrPart {
  readonly channels: readonly ExrChannel[];
  readonly compression: ExrCompression;
  readonly dataWindow: ExrBox;
  readonly displayWindow: ExrBox;
  readonly pixelAspect: number;
  /** Size of a tile; undefined for scan lines. */
  readonly tile: { readonly width: number; readonly height: number } | undefined;
  /** Place in the file of the table that says where the part's blocks are. */
  readonly offsetTable: number;
  /** Number of the part where the blocks say it, as they do in files of several. */
  readonly partNumber: number | undefined;
}

/** The header goes on after the bytes given. */
export class ExrNeedsMore extends Error {}

const magic = 20_000_630;
const flags = { tiled: 0x200, nonImage: 0x800, multiPart: 0x1000 } as const;
const maxParts = 1024;

/**
 * Reads the header of an OpenEXR file (openexr.com, "OpenEXR File Layout").
 * @param bytes the start of the file, at least all of the header.
 * @returns its flat image parts. @throws ExrNeedsMore, Error with a sentence for what is wrong.
 */
export function parseExrHeader(bytes: Buffer): readonly ExrPart[] {
  const reader = new Reader(bytes);
  if (reader.int() !== magic) {
    throw new Error('it is not an OpenEXR file');
  }
  const version = reader.int();
  const isMultiPart = (version & flags.multiPart) !== 0;
  const headers: Map<string, Attribute>[] = [];
  for (let attributes = readAttributes(reader); ; attributes = readAttributes(reader)) {
    if (isMultiPart && attributes.size === 0) {
      break;
    }
    headers.push(attributes);
    if (!isMultiPart || headers.length > maxParts) {
      break;
    }
  }
  let offsetTable = reader.at;
  const parts: ExrPart[] = [];
  for (const [at, attributes] of headers.entries()) {
    const type = attributes.get('type')?.bytes.toString('latin1').replace(/\0.*/s, '');
    const isDeep = type?.startsWith('deep') ?? (version & flags.nonImage) !== 0;
    const isTiled = type === undefined ? (version & flags.tiled) !== 0 : type === 'tiledimage';
    if (!isDeep) {
      parts.push(partOf(attributes, isTiled, offsetTable, isMultiPart ? at : undefined));
    }
    offsetTable += 8 * (attributes.get('chunkCount')?.bytes.readInt32LE(0) ?? 0);
  }
  if (parts.length === 0) {
    throw new Error('it holds deep data only, which has no flat picture');
  }
  return parts;
}

interface Attribute {
  readonly type: string;
  readonly bytes: Buffer;
}

function readAttributes(reader: Reader): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>();
  for (let name = reader.text(); name !== ''; name = reader.text()) {
    const type = reader.text();
    const size = reader.int();
    attributes.set(name, { type, bytes: reader.take(size) });
  }
  return attributes;
}

function partOf(
  attributes: ReadonlyMap<string, Attribute>,
  isTiled: boolean,
  offsetTable: number,
  partNumber: number | undefined,
): ExrPart {
  const need = (name: string, size: number) => {
    const bytes = attributes.get(name)?.bytes;
    if (bytes === undefined || bytes.length < size) {
      throw new Error(`its header has no ${name}`);
    }
    return bytes;
  };
  const compression = exrCompressions[need('compression', 1).readUInt8(0)];
  if (compression === undefined) {
    throw new Error('its compression is unknown');
  }
  const tiles = isTiled ? need('tiles', 9) : undefined;
  return {
    channels: parseChannels(need('channels', 1)),
    compression,
    dataWindow: parseBox(need('dataWindow', 16)),
    displayWindow: parseBox(need('displayWindow', 16)),
    pixelAspect: attributes.get('pixelAspectRatio')?.bytes.readFloatLE(0) ?? 1,
    tile: tiles && { width: tiles.readUInt32LE(0), height: tiles.readUInt32LE(4) },
    offsetTable,
    partNumber,
  };
}

function parseBox(bytes: Buffer): ExrBox {
  const [xMin, yMin, xMax, yMax] = [0, 4, 8, 12].map((at) => bytes.readInt32LE(at));
  return { xMin: xMin ?? 0, yMin: yMin ?? 0, xMax: xMax ?? 0, yMax: yMax ?? 0 };
}

const channelTypes = ['uint', 'half', 'float'] as const;

function parseChannels(bytes: Buffer): ExrChannel[] {
  const reader = new Reader(bytes);
  const channels: ExrChannel[] = [];
  for (let name = reader.text(); name !== ''; name = reader.text()) {
    const type = channelTypes[reader.int()];
    reader.take(4);
    const [xSampling, ySampling] = [reader.int(), reader.int()];
    if (type === undefined || xSampling < 1 || ySampling < 1) {
      throw new Error(`its channel ${name} is of an unknown kind`);
    }
    channels.push({ name, type, xSampling, ySampling });
  }
  return channels;
}

/** Reads forward through bytes that may be cut off or hostile. */
class Reader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(size: number): Buffer {
    if (size < 0 || size > 2 ** 24) {
      throw new Error('its header is damaged');
    }
    if (this.at + size > this.#bytes.length) {
      throw new ExrNeedsMore();
    }
    this.at += size;
    return this.#bytes.subarray(this.at - size, this.at);
  }

  int(): number {
    return this.take(4).readInt32LE(0);
  }

  /** Text up to a zero byte; names have at most 255 bytes. */
  text(): string {
    const end = this.#bytes.indexOf(0, this.at);
    if (end < 0) {
      throw this.#bytes.length - this.at > 255
        ? new Error('its header is damaged')
        : new ExrNeedsMore();
    }
    const text = this.#bytes.toString('latin1', this.at, end);
    this.at = end + 1;
    return text;
  }
}

import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { type BlockLayout, type ExrCompression, sampleBytes } from './header.ts';
import { decodePiz } from './piz.ts';
import { undoPxr24 } from './pxr24.ts';

const inflateAsync = promisify(inflate);

/** Lines in a block of a scan-line file. */
export const blockLines: Readonly<Record<ExrCompression, number>> = {
  none: 1,
  rle: 1,
  zips: 1,
  zip: 16,
  piz: 32,
  pxr24: 16,
  b44: 32,
  b44a: 32,
  dwaa: 32,
  dwab: 256,
};

/**
 * Undoes the compression of one block.
 * @returns little-endian samples, laid out as {@link BlockLayout} says.
 * @throws Error with a sentence for what is wrong.
 */
export async function decodeBlock(
  compression: ExrCompression,
  packed: Buffer,
  layout: BlockLayout,
): Promise<Buffer> {
  const lineBytes = layout.channels.reduce((sum, each) => sum + sampleBytes(each), 0);
  const size = lineBytes * layout.width * layout.height;
  // A block that compression would not make smaller is stored as it is.
  const plain = packed.length === size || compression === 'none' ? packed : undefined;
  const bytes = plain ?? (await unpack(compression, packed, layout, size));
  if (bytes.length !== size) {
    throw new Error('a block of it is damaged');
  }
  return bytes;
}

async function unpack(
  compression: ExrCompression,
  packed: Buffer,
  layout: BlockLayout,
  size: number,
): Promise<Buffer> {
  switch (compression) {
    case 'rle':
      return unsplit(undoRuns(packed, size));
    case 'zips':
    case 'zip':
      return unsplit(await inflateAsync(packed, { maxOutputLength: size }));
    case 'pxr24':
      return undoPxr24(await inflateAsync(packed, { maxOutputLength: size }), layout, size);
    case 'piz':
      return decodePiz(packed, layout, size);
    default:
      throw new Error(`its ${compression.toUpperCase()} compression is lossy and not read here`);
  }
}

/** Undoes the differences between bytes, then puts the two halves back as low and high bytes. */
function unsplit(bytes: Buffer): Buffer {
  for (let at = 1; at < bytes.length; at++) {
    bytes[at] = (bytes[at - 1] ?? 0) + (bytes[at] ?? 0) - 128;
  }
  const out = Buffer.allocUnsafe(bytes.length);
  const half = (bytes.length + 1) >> 1;
  for (let at = 0; at < bytes.length; at++) {
    out[at] = bytes[(at & 1) === 0 ? at >> 1 : half + (at >> 1)] ?? 0;
  }
  return out;
}

/** A count of -n is followed by n bytes as they are, a count of n by one byte meant n + 1 times. */
function undoRuns(packed: Buffer, size: number): Buffer {
  const out = Buffer.alloc(size);
  let to = 0;
  let from = 0;
  while (from < packed.length) {
    const count = packed.readInt8(from++);
    const length = count < 0 ? -count : count + 1;
    if (to + length > size || from + (count < 0 ? length : 1) > packed.length) {
      throw new Error('a block of it is damaged');
    }
    if (count < 0) {
      packed.copy(out, to, from, from + length);
      from += length;
    } else {
      out.fill(packed[from] ?? 0, to, to + length);
      from++;
    }
    to += length;
  }
  return out.subarray(0, to);
}

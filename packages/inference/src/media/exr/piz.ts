import { type BlockLayout, sampleBytes } from './header.ts';
import { decodeHuffman } from './huffman.ts';

/**
 * Undoes OpenEXR's PIZ compression: Huffman codes, then a two-dimensional Haar-like wavelet on each
 * channel of 16-bit words, then a table of the values that occur.
 * @throws Error with a sentence for what is wrong.
 */
export function decodePiz(packed: Buffer, layout: BlockLayout, size: number): Buffer {
  const { table, end } = readTable(packed);
  const length = packed.readInt32LE(end);
  const words = decodeHuffman(packed.subarray(end + 4, end + 4 + length), size / 2);
  let start = 0;
  for (const channel of layout.channels) {
    const step = sampleBytes(channel) / 2;
    for (let word = 0; word < step; word++) {
      undoWavelet(words, start + word, layout.width, step, layout.height, table.highest);
    }
    start += layout.width * layout.height * step;
  }
  return toLines(words, layout, table.values);
}

interface ValueTable {
  readonly values: Uint16Array;
  /** Index of the last value. */
  readonly highest: number;
}

const bitmapBytes = 8192;

/** The bitmap of values that occur in the block; 0 always does. */
function readTable(packed: Buffer): { table: ValueTable; end: number } {
  const [first, last] = [packed.readUInt16LE(0), packed.readUInt16LE(2)];
  if (last >= bitmapBytes || 4 + last - first + 1 > packed.length) {
    throw new Error('a block of it is damaged');
  }
  const values = new Uint16Array(65_536);
  let count = 1;
  for (let byte = first; byte <= last; byte++) {
    const bits = packed[4 + byte - first] ?? 0;
    for (let bit = 0; bit < 8; bit++) {
      const value = byte * 8 + bit;
      if (value !== 0 && (bits & (1 << bit)) !== 0) {
        values[count++] = value;
      }
    }
  }
  return { table: { values, highest: count - 1 }, end: 4 + Math.max(0, last - first + 1) };
}

/** Words lie channel after channel; a file wants them line by line. */
function toLines(words: Uint16Array, layout: BlockLayout, values: Uint16Array): Buffer {
  const out = Buffer.allocUnsafe(words.length * 2);
  const starts: number[] = [];
  let start = 0;
  for (const channel of layout.channels) {
    starts.push(start);
    start += (layout.width * layout.height * sampleBytes(channel)) / 2;
  }
  let to = 0;
  for (let line = 0; line < layout.height; line++) {
    for (const [at, channel] of layout.channels.entries()) {
      const count = (layout.width * sampleBytes(channel)) / 2;
      const from = (starts[at] ?? 0) + line * count;
      for (let word = 0; word < count; word++) {
        const value = values[words[from + word] ?? 0] ?? 0;
        out[to++] = value & 0xff;
        out[to++] = value >> 8;
      }
    }
  }
  return out;
}

/** Puts one pair of average `low` and difference `high` back; the result is `a | b << 16`. */
type Unpair = (low: number, high: number) => number;

/** For values below 2^14, where sums stay in 16 bits. */
const unpairNarrow: Unpair = (low, high) => {
  const [average, difference] = [(low << 16) >> 16, (high << 16) >> 16];
  const a = average + (difference & 1) + (difference >> 1);
  return (a & 0xffff) | ((a - difference) << 16);
};

/** For all 16 bits, with sums modulo 2^16. */
const unpairWide: Unpair = (low, high) => {
  const b = (low - (high >> 1)) & 0xffff;
  const a = (high + b - 0x8000) & 0xffff;
  return a | (b << 16);
};

/**
 * Undoes the wavelet in place, from the coarsest level to the finest.
 * @param start index of the first word. @param step from a sample to its right neighbour.
 */
function undoWavelet(
  words: Uint16Array,
  start: number,
  width: number,
  step: number,
  height: number,
  highest: number,
): void {
  const unpair = highest < 1 << 14 ? unpairNarrow : unpairWide;
  const pair = (low: number, high: number) => {
    const both = unpair(words[low] ?? 0, words[high] ?? 0);
    words[low] = both;
    words[high] = both >>> 16;
  };
  const line = width * step;
  let span = 2;
  while (span <= Math.min(width, height)) {
    span *= 2;
  }
  for (span /= 2; span >= 2; span /= 2) {
    const half = span / 2;
    const oddColumn = (width & half) !== 0;
    const fullColumns = width - (width % span);
    const fullRows = height - (height % span);
    for (let y = 0; y < fullRows; y += span) {
      const row = start + y * line;
      for (let x = 0; x < fullColumns; x += span) {
        const at = row + x * step;
        pair(at, at + half * line);
        pair(at + half * step, at + half * line + half * step);
        pair(at, at + half * step);
        pair(at + half * line, at + half * line + half * step);
      }
      if (oddColumn) {
        const at = row + fullColumns * step;
        pair(at, at + half * line);
      }
    }
    if ((height & half) !== 0) {
      const row = start + fullRows * line;
      for (let x = 0; x < fullColumns; x += span) {
        const at = row + x * step;
        pair(at, at + half * step);
      }
    }
  }
}

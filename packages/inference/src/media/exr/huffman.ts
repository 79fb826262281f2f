const symbolCount = 65_537;
const headerBytes = 20;
/** Codes up to this length are looked up at once. */
const fastBits = 12;
/** Blocks have too few samples for longer codes; the format would allow 58. */
const longestCode = 32;
const damaged = 'a block of it is damaged';

/**
 * Decodes the Huffman stage of OpenEXR's PIZ: canonical codes, longer ones smaller, the highest
 * symbol repeating the value before it as often as the next eight bits say.
 * @returns exactly `count` words. @throws Error with a sentence for what is wrong.
 */
export function decodeHuffman(packed: Buffer, count: number): Uint16Array {
  if (packed.length < headerBytes) {
    throw new Error(damaged);
  }
  const [lowest, highest] = [packed.readUInt32LE(0), packed.readUInt32LE(4)];
  const bitCount = packed.readUInt32LE(12);
  if (lowest >= symbolCount || highest >= symbolCount || lowest > highest) {
    throw new Error(damaged);
  }
  const bits = new BitReader(packed, headerBytes * 8);
  const codes = canonicalCodes(readLengths(bits, lowest, highest));
  bits.alignToByte();
  return decodeWords(bits, bits.at + bitCount, codes, highest, count);
}

/** Lengths take six bits each; 59 to 62 stand for two to five zeros, 63 for six and more. */
function readLengths(bits: BitReader, lowest: number, highest: number): Uint8Array {
  const lengths = new Uint8Array(symbolCount);
  for (let symbol = lowest; symbol <= highest; symbol++) {
    const length = bits.take(6);
    if (length === 63) {
      symbol += bits.take(8) + 5;
    } else if (length >= 59) {
      symbol += length - 58;
    } else {
      lengths[symbol] = length;
    }
  }
  return lengths;
}

interface Codes {
  /** By length: the lowest code, how many there are, and where their symbols start in `symbols`. */
  readonly first: Float64Array;
  readonly count: Int32Array;
  readonly start: Int32Array;
  readonly symbols: Int32Array;
  /** By the next `fastBits` bits: `symbol * 64 + length`, 0 for longer codes. */
  readonly fast: Int32Array;
}

function canonicalCodes(lengths: Uint8Array): Codes {
  const count = new Int32Array(64);
  for (const length of lengths) {
    count[length] = (count[length] ?? 0) + 1;
  }
  count[0] = 0;
  if (count.subarray(longestCode + 1).some((each) => each > 0)) {
    throw new Error(damaged);
  }
  const first = new Float64Array(64);
  let code = 0;
  for (let length = longestCode; length > 0; length--) {
    first[length] = code;
    code = Math.floor((code + (count[length] ?? 0)) / 2);
  }
  const start = new Int32Array(64);
  for (let length = 1; length < 64; length++) {
    start[length] = (start[length - 1] ?? 0) + (count[length - 1] ?? 0);
  }
  const symbols = new Int32Array(lengths.length);
  const fast = new Int32Array(1 << fastBits);
  const used = new Int32Array(64);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) {
      continue;
    }
    const rank = used[length] ?? 0;
    used[length] = rank + 1;
    symbols[(start[length] ?? 0) + rank] = symbol;
    if (length <= fastBits) {
      const width = 1 << (fastBits - length);
      const from = ((first[length] ?? 0) + rank) * width;
      fast.fill(symbol * 64 + length, from, from + width);
    }
  }
  return { first, count, start, symbols, fast };
}

function decodeWords(
  bits: BitReader,
  end: number,
  codes: Codes,
  repeat: number,
  count: number,
): Uint16Array {
  const words = new Uint16Array(count);
  let at = 0;
  while (bits.at < end) {
    const symbol = nextSymbol(bits, codes);
    if (symbol !== repeat) {
      if (at >= count) {
        throw new Error(damaged);
      }
      words[at++] = symbol;
      continue;
    }
    const times = bits.take(8);
    if (at === 0 || at + times > count) {
      throw new Error(damaged);
    }
    words.fill(words[at - 1] ?? 0, at, at + times);
    at += times;
  }
  if (at !== count || bits.at !== end) {
    throw new Error(damaged);
  }
  return words;
}

function nextSymbol(bits: BitReader, codes: Codes): number {
  const ahead = bits.peek();
  const entry = codes.fast[ahead >>> (32 - fastBits)] ?? 0;
  if (entry !== 0) {
    bits.at += entry & 63;
    return entry >> 6;
  }
  for (let length = fastBits + 1; length <= longestCode; length++) {
    const rank = (ahead >>> (32 - length)) - (codes.first[length] ?? 0);
    if (rank >= 0 && rank < (codes.count[length] ?? 0)) {
      bits.at += length;
      return codes.symbols[(codes.start[length] ?? 0) + rank] ?? 0;
    }
  }
  throw new Error(damaged);
}

/** Reads bits, highest first; past the end there are zeros. */
class BitReader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** The next 32 bits as an unsigned number, left where they are. */
  peek(): number {
    const byte = this.at >> 3;
    const shift = this.at & 7;
    const b = this.#bytes;
    const word =
      ((b[byte] ?? 0) << 24) |
      ((b[byte + 1] ?? 0) << 16) |
      ((b[byte + 2] ?? 0) << 8) |
      (b[byte + 3] ?? 0);
    return ((word << shift) | ((b[byte + 4] ?? 0) >> (8 - shift))) >>> 0;
  }

  take(count: number): number {
    if (this.at > this.#bytes.length * 8) {
      throw new Error(damaged);
    }
    const value = this.peek() >>> (32 - count);
    this.at += count;
    return value;
  }

  alignToByte(): void {
    this.at = (this.at + 7) & ~7;
  }
}

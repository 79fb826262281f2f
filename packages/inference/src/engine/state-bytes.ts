import { RotoError } from '@roto/sdk/contract';

/** What kind of state bytes hold. */
export interface StateFormat {
  /** Eight ASCII characters that the bytes begin with. */
  readonly magic: string;
  /** Raised whenever the meaning of a byte changes; other versions are refused. */
  readonly version: number;
  /** What the state is of, for errors: `a lite tracker`. */
  readonly what: string;
}

const headBytes = 16;

/**
 * A state as bytes: magic, version, length of a JSON header, the header, then blocks of numbers,
 * each starting at a multiple of four. Doubles survive JSON exactly.
 */
export function writeStateBytes(
  { magic, version }: StateFormat,
  header: unknown,
  blocks: readonly (Float32Array | Uint16Array)[],
): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = headBytes + aligned(json.length);
  const length = blocks.reduce((sum, block) => sum + aligned(block.byteLength), start);
  const bytes = new Uint8Array(length);
  bytes.set(new TextEncoder().encode(magic));
  const head = new DataView(bytes.buffer);
  head.setUint32(8, version, true);
  head.setUint32(12, json.length, true);
  bytes.set(json, headBytes);
  let at = start;
  for (const block of blocks) {
    bytes.set(new Uint8Array(block.buffer, block.byteOffset, block.byteLength), at);
    at += aligned(block.byteLength);
  }
  return bytes;
}

function aligned(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/**
 * Reads what {@link writeStateBytes} wrote: the header at once, the blocks in their order.
 * @throws RotoError `cache_corrupt` when the bytes are not such a state, or of another version
 */
export class StateReader {
  readonly header: unknown;
  readonly #what: string;
  readonly #bytes: Uint8Array;
  #at: number;

  constructor({ magic, version, what }: StateFormat, bytes: Uint8Array) {
    this.#what = what;
    this.#bytes = bytes;
    const text = new TextDecoder();
    if (bytes.length < headBytes || text.decode(bytes.subarray(0, 8)) !== magic) {
      throw this.corrupt('it begins with other bytes');
    }
    const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (head.getUint32(8, true) !== version) {
      throw this.corrupt(`it is of version ${head.getUint32(8, true)}, not ${version}`);
    }
    const length = head.getUint32(12, true);
    this.#at = headBytes + aligned(length);
    try {
      this.header = JSON.parse(text.decode(bytes.subarray(headBytes, headBytes + length)));
    } catch (cause) {
      throw this.corrupt('its header cannot be read', cause);
    }
  }

  /** The next block, of so many float32 values. */
  floats(length: number): Float32Array {
    return new Float32Array(this.#next(4 * length));
  }

  /** The next block, of so many 16-bit values. */
  words(length: number): Uint16Array {
    return new Uint16Array(this.#next(2 * length));
  }

  /** What to throw when the header or the blocks make no sense. */
  corrupt(why: string, cause?: unknown): RotoError {
    const message = `Expected the saved state of ${this.#what}, but ${why}.`;
    return new RotoError('cache_corrupt', message, { hint: 'Track again from the start.', cause });
  }

  /** A copy, so that it is aligned whatever the bytes are part of. */
  #next(length: number): ArrayBuffer {
    const end = this.#at + length;
    if (!Number.isInteger(length) || length < 0 || end > this.#bytes.length) {
      throw this.corrupt('it is cut short');
    }
    const block = new Uint8Array(length);
    block.set(this.#bytes.subarray(this.#at, end));
    this.#at += aligned(length);
    return block.buffer;
  }
}

import type { Readable } from 'node:stream';

/**
 * Cuts a byte stream into blocks of one size, each in fresh memory of its own. Reads no further than
 * asked, so the sender is held back; a rest smaller than a block is left out.
 */
export async function* fixedBlocks(
  stream: Readable,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let block = new Uint8Array(size);
  let filled = 0;
  for await (const piece of stream) {
    if (!(piece instanceof Uint8Array)) {
      throw new TypeError('Expected a stream of bytes');
    }
    let taken = 0;
    while (taken < piece.length) {
      const count = Math.min(piece.length - taken, size - filled);
      block.set(piece.subarray(taken, taken + count), filled);
      filled += count;
      taken += count;
      if (filled === size) {
        yield block;
        block = new Uint8Array(size);
        filled = 0;
      }
    }
  }
}

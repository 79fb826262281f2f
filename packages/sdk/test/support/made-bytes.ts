/** Bytes that are no repetition of each other, the same each time. */
export function madeBytes(count: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(count);
  let state = 0x2545f491;
  for (let at = 0; at < count; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes;
}

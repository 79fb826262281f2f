/**
 * Values as bfloat16, the upper half of a float32, rounded to the nearest, ties to even. This is how
 * the published predictor of SAM 2 keeps its memory, whatever it computes in; half the bytes.
 */
export function packBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const packed = new Uint16Array(values.length);
  for (let i = 0; i < packed.length; i += 1) packed[i] = roundedHalf(bits[i] ?? 0);
  return packed;
}

/** The float32 values of {@link packBfloat16}'s bits, exact. */
export function unpackBfloat16(packed: Uint16Array): Float32Array {
  const bits = new Uint32Array(packed.length);
  for (let i = 0; i < packed.length; i += 1) bits[i] = (packed[i] ?? 0) << 16;
  return new Float32Array(bits.buffer);
}

function roundedHalf(bits: number): number {
  // Rounding up could make infinity of what is not a number.
  if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fc0;
  const even = (bits >>> 16) & 1;
  return (bits + 0x7fff + even) >>> 16;
}

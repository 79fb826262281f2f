/**
 * Values as IEEE half floats, rounded to the nearest, ties to even; what is beyond 65504 becomes
 * infinity. Graphics cards compute in them.
 */
export function packFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const packed = new Uint16Array(values.length);
  for (let at = 0; at < packed.length; at += 1) packed[at] = halfBits(bits[at] ?? 0);
  return packed;
}

/** Exponents are kept with a bias of 127 in float32, of 15 in a half float. */
const biasDifference = 127 - 15;
const infinity = 0x7c00;

function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  const exponent = (size >>> 23) - biasDifference;
  if (exponent >= 31) return sign | infinity;
  // A carry out of the fraction goes into the exponent, up to infinity.
  if (exponent > 0) return sign | shifted(size - (biasDifference << 23), 13);
  if (exponent < -10) return sign;
  return sign | shifted((size & 0x7fffff) | 0x800000, 14 - exponent);
}

/** `value` / 2 ** `by`, to the nearest, ties to even. */
function shifted(value: number, by: number): number {
  const even = (value >>> by) & 1;
  return (value + (1 << (by - 1)) - 1 + even) >>> by;
}

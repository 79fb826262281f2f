import type { WeightType } from './tensor-entry.ts';

/**
 * Little-endian numbers as float32, exactly: every float16 and bfloat16 is one.
 * @param bytes a multiple of the width of `type`
 */
export function toFloat32(bytes: Buffer<ArrayBuffer>, type: WeightType): Float32Array<ArrayBuffer> {
  switch (type) {
    case 'float32':
      return readFloats(bytes);
    case 'bfloat16':
      return mapWords(bytes, (word) => word << 16);
    case 'float16':
      return mapWords(bytes, halfToFloatBits);
  }
}

function readFloats(bytes: Buffer<ArrayBuffer>): Float32Array<ArrayBuffer> {
  if (littleEndian && bytes.byteOffset % 4 === 0) {
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }
  const out = new Float32Array(bytes.length / 4);
  for (let at = 0; at < out.length; at += 1) out[at] = bytes.readFloatLE(at * 4);
  return out;
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function mapWords(bytes: Buffer, toBits: (word: number) => number): Float32Array<ArrayBuffer> {
  const bits = new Int32Array(bytes.length / 2);
  for (let at = 0; at < bits.length; at += 1) bits[at] = toBits(bytes.readUInt16LE(at * 2));
  return new Float32Array(bits.buffer);
}

/** IEEE 754 binary16 as the bits of the same value in binary32. */
function halfToFloatBits(half: number): number {
  const sign = (half & 0x80_00) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3_ff;
  if (exponent === 0x1f) return sign | 0x7f_80_00_00 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: shift the leading one to where binary32 does not store it.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3_ff) << 13);
}

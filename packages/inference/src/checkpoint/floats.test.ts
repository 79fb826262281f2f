import { expect, test } from 'vitest';
import { toFloat32 } from './floats.ts';

function words(...values: number[]): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, at) => {
    bytes.writeUInt16LE(value, at * 2);
  });
  return bytes;
}

/** The value of a binary16 by its definition. */
function halfByDefinition(half: number): number {
  const sign = half & 0x80_00 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3_ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

test('every float16 becomes the float32 of the same value', () => {
  const all = Array.from({ length: 65_536 }, (_, half) => half);
  const floats = toFloat32(words(...all), 'float16');
  const wrong = all.filter((half) => !Object.is(floats[half], halfByDefinition(half)));
  expect(wrong).toEqual([]);
});

test('bfloat16 becomes the float32 whose upper half it is', () => {
  expect([...toFloat32(words(0x3f80, 0xc040, 0x0000, 0x7f80, 0x4049), 'bfloat16')]).toEqual([
    1,
    -3,
    0,
    Infinity,
    3.140625,
  ]);
});

test('float32 is read whether or not it lies on four bytes', () => {
  const bytes = Buffer.alloc(9);
  bytes.writeFloatLE(-2.5, 1);
  bytes.writeFloatLE(1e-40, 5);
  const expected = [-2.5, Math.fround(1e-40)];
  expect([...toFloat32(bytes.subarray(1), 'float32')]).toEqual(expected);
  expect([...toFloat32(Buffer.from(bytes.subarray(1)), 'float32')]).toEqual(expected);
});

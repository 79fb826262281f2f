import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packFloat16 } from './float16.ts';

/** The value of the bits of a half float. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

test('every half float keeps its bits', () => {
  for (let bits = 0; bits < 65536; bits += 1) {
    const value = halfValue(bits);
    if (Number.isNaN(value)) continue;
    const expected = value === 0 && !Object.is(value, -0) ? 0 : bits;
    expect(packFloat16(Float32Array.of(value))[0]).toBe(expected);
  }
});

test('what lies between two goes to the nearer, at the middle to the even one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7bfe }), fc.float({ min: 0, max: 1 }), (bits, part) => {
      const [low, high] = [halfValue(bits), halfValue(bits + 1)];
      const value = Math.fround(low + (high - low) * part);
      const got = halfValue(packFloat16(Float32Array.of(value))[0] ?? 0);
      expect(Math.abs(got - value)).toBe(Math.min(value - low, high - value));
    }),
  );
  expect([...packFloat16(Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11))]).toEqual([
    0x3c00, 0x3c02,
  ]);
});

test('what is too large becomes infinity, and what is no number stays none', () => {
  const packed = packFloat16(Float32Array.of(65519, 65520, -1e9, Number.NaN, 2 ** -26));
  expect([...packed].map(halfValue)).toEqual([65504, Infinity, -Infinity, Number.NaN, 0]);
});

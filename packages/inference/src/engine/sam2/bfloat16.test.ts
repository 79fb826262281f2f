import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packBfloat16, unpackBfloat16 } from './bfloat16.ts';

const round = (value: number) => unpackBfloat16(packBfloat16(Float32Array.of(value)))[0];

test('rounds to the nearest value and ties to the even one', () => {
  // Eight bits of mantissa: between 1 and 2 the values lie 1/128 apart.
  expect(round(1 + 1 / 256)).toBe(1);
  expect(round(1 + 3 / 256)).toBe(1 + 4 / 256);
  expect(round(1 + 1.01 / 256)).toBe(1 + 1 / 128);
  expect(round(-1 - 3 / 256)).toBe(-1 - 4 / 256);
});

test('keeps zeros, infinities and what is not a number', () => {
  expect([0, -0, Infinity, -Infinity].map(round)).toEqual([0, -0, Infinity, -Infinity]);
  expect(round(Number.NaN)).toBeNaN();
  expect(round(3.4e38)).toBe(Infinity);
});

test('is never further from a value than half a step, and rounding again changes nothing', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, min: -(2 ** 100), max: 2 ** 100 }), (value) => {
      const rounded = round(value) ?? Number.NaN;
      expect(Math.abs(rounded - value)).toBeLessThanOrEqual(Math.abs(value) / 256 + 1e-40);
      expect(round(rounded)).toBe(rounded);
    }),
  );
});

import { describe, expect, test } from 'vitest';
import type { Matte } from './alpha.ts';
import { feather } from './feather.ts';
import { gaussianBlur } from './gaussian-blur.ts';

function square(size: number, from: number, to: number): Matte {
  const alpha = new Uint16Array(size * size);
  for (let y = from; y < to; y++) alpha.fill(65535, y * size + from, y * size + to);
  return { width: size, height: size, alpha };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

describe('gaussianBlur', () => {
  test.each([0.3, 0.8, 1.9, 2.99, 3, 3.7, 10, 40])('has a standard deviation of %f px', (sigma) => {
    const width = 2 * Math.ceil(6 * sigma) + 21;
    const middle = (width - 1) / 2;
    const line = new Float32Array(width);
    line[middle] = 1;
    gaussianBlur(line, width, sigma);
    expect(sum(line)).toBeCloseTo(1, 4);
    const variance = sum(line.map((value, x) => value * (x - middle) ** 2));
    expect(Math.sqrt(variance) / sigma).toBeCloseTo(1, 1.5);
    const peak = 1 / (sigma * Math.sqrt(2 * Math.PI));
    for (const x of [0, sigma, 2 * sigma].filter(() => sigma >= 3)) {
      const expected = peak * Math.exp(-(Math.round(x) ** 2) / (2 * sigma * sigma));
      expect(Math.abs((line[middle + Math.round(x)] ?? 0) - expected)).toBeLessThan(0.032 * peak);
    }
  });

  test('is the same along rows and columns', () => {
    const values = new Float32Array(41 * 41);
    values[20 * 41 + 20] = 1;
    gaussianBlur(values, 41, 3);
    for (let y = 0; y < 41; y++) {
      for (let x = 0; x < y; x++)
        expect(values[y * 41 + x]).toBeCloseTo(values[x * 41 + y] ?? 0, 6);
    }
  });
});

describe('feather', () => {
  test.each([0.7, 3, 9])('by %f px keeps the sum of alpha away from the borders', (sigma) => {
    const matte = square(128, 50, 78);
    const ratio = sum(feather(matte, sigma).alpha) / sum(matte.alpha);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.002);
  });

  test('leaves a half at a straight edge and a standard deviation of 16 per cent beyond it', () => {
    const matte = square(128, 32, 128);
    const row = feather(matte, 6).alpha.subarray(100 * 128, 101 * 128);
    expect(((row[31] ?? 0) + (row[32] ?? 0)) / 2 / 65535).toBeCloseTo(0.5, 2);
    expect(((row[25] ?? 0) + (row[26] ?? 0)) / 2 / 65535).toBeCloseTo(0.1587, 1.8);
  });

  test('does not fade an object at the border of the picture that cuts it', () => {
    const row = feather(square(64, 20, 64), 4).alpha.subarray(63 * 64);
    expect(row[63]).toBe(65535);
  });

  test('empties nothing, fills nothing and takes the largest sigma', () => {
    const full = { width: 9, height: 7, alpha: new Uint16Array(63).fill(65535) };
    const empty = { width: 9, height: 7, alpha: new Uint16Array(63) };
    expect(feather(full, 200)).toEqual(full);
    expect(feather(empty, 200)).toEqual(empty);
    expect(feather(full, 0)).toBe(full);
  });
});

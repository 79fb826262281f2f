import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Matte, matteArea } from './alpha.ts';
import { choke } from './choke.ts';

/** A disc with a linear edge `softness` pixels wide, its middle at `radius`. */
function disc(radius: number, softness: number, size = 64, x = size / 2, y = size / 2): Matte {
  const alpha = Uint16Array.from({ length: size * size }, (_, i) => {
    const far = Math.hypot((i % size) + 0.5 - x, Math.floor(i / size) + 0.5 - y);
    return Math.round(65535 * Math.min(1, Math.max(0, 0.5 + (radius - far) / softness)));
  });
  return { width: size, height: size, alpha };
}

/** Width of the edge along the middle row, from 10 to 90 per cent. */
function edgeWidth(matte: Matte): number {
  const row = matte.alpha.subarray((matte.height / 2) * matte.width).subarray(0, matte.width / 2);
  const crossing = (level: number) => {
    const after = row.findIndex((value) => value >= level * 65535);
    const before = row[after - 1] ?? 0;
    return after - 1 + (level * 65535 - before) / ((row[after] ?? 0) - before);
  };
  return crossing(0.9) - crossing(0.1);
}

function radiusOf(matte: Matte): number {
  return Math.sqrt(matteArea(matte) / Math.PI);
}

function largestDifference(a: Matte, b: Matte): number {
  return a.alpha.reduce((most, value, i) => Math.max(most, Math.abs(value - (b.alpha[i] ?? 0))), 0);
}

describe('choke', () => {
  test.each([0.25, 0.5, 1, 2.75, 8, -0.25, -0.5, -1, -2.75, -8])(
    'moves the edge of a disc by %f px',
    (pixels) => {
      expect(Math.abs(radiusOf(choke(disc(18, 2), pixels)) - (18 - pixels))).toBeLessThan(0.15);
    },
  );

  test.each([1, 4, 9])('keeps the softness of an edge %i px wide within a pixel', (softness) => {
    const matte = disc(18, softness);
    for (const pixels of [0.5, 3, -0.5, -3]) {
      const wide = edgeWidth(choke(matte, pixels));
      expect(Math.abs(wide - edgeWidth(matte))).toBeLessThan(0.9);
    }
  });

  test('shrinking and growing by the same gives a disc back', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 6, noNaN: true }), (pixels) => {
        const matte = disc(16, 4);
        const back = choke(choke(matte, pixels), -pixels);
        expect(largestDifference(back, matte)).toBeLessThan(0.2 * 65535);
        // By the length of the edge: how far it lies from where it was, in pixels.
        const moved = back.alpha.reduce(
          (sum, v, i) => sum + Math.abs(v - (matte.alpha[i] ?? 0)),
          0,
        );
        expect(moved / 65535 / (2 * Math.PI * 16)).toBeLessThan(0.15);
      }),
      { numRuns: 20 },
    );
  });

  test('shrinking never raises and growing never lowers alpha', () => {
    const values = fc.array(fc.integer({ min: 0, max: 65535 }), { minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.1, max: 9, noNaN: true }), (alpha, pixels) => {
        const matte = { width: 8, height: 8, alpha: Uint16Array.from(alpha) };
        const less = choke(matte, pixels).alpha;
        const more = choke(matte, -pixels).alpha;
        expect(less.every((value, i) => value <= (matte.alpha[i] ?? 0))).toBe(true);
        expect(more.every((value, i) => value >= (matte.alpha[i] ?? 0))).toBe(true);
      }),
    );
  });

  test('a thin line is gone when half its width is taken from each side', () => {
    const alpha = new Uint16Array(32 * 32);
    for (let y = 4; y < 28; y++) alpha.fill(65535, y * 32 + 14, y * 32 + 17);
    const line = { width: 32, height: 32, alpha };
    expect(matteArea(choke(line, 1))).toBeGreaterThan(10);
    expect(matteArea(choke(line, 2.5))).toBe(0);
  });

  test('two shapes with a narrow gap do not fill each other when shrunk by more than the gap', () => {
    const alpha = new Uint16Array(40 * 20);
    for (let y = 0; y < 20; y++) {
      alpha.fill(65535, y * 40 + 8, y * 40 + 19);
      alpha.fill(65535, y * 40 + 21, y * 40 + 32);
    }
    const shrunk = choke({ width: 40, height: 20, alpha }, 4);
    expect([...shrunk.alpha.subarray(10 * 40, 11 * 40)].map((v) => Math.round(v / 65535))).toEqual(
      Array.from({ length: 40 }, (_, x) => ((x >= 12 && x < 15) || (x >= 25 && x < 28) ? 1 : 0)),
    );
  });

  test('grows a single pixel to a disc', () => {
    const alpha = new Uint16Array(31 * 31);
    alpha[15 * 31 + 15] = 65535;
    const grown = choke({ width: 31, height: 31, alpha }, -6);
    expect(Math.abs(radiusOf(grown) - 6.5)).toBeLessThan(0.6);
  });

  test('grows a square to one with round corners', () => {
    const alpha = new Uint16Array(64 * 64);
    for (let y = 22; y < 42; y++) alpha.fill(65535, y * 64 + 22, y * 64 + 42);
    for (const pixels of [1.5, 4, 8]) {
      const area = matteArea(choke({ width: 64, height: 64, alpha }, -pixels));
      const expected = 400 + 4 * 20 * pixels + Math.PI * pixels ** 2;
      expect(Math.abs(area - expected)).toBeLessThan(0.02 * expected);
    }
  });

  test('does not eat an object from the border of the picture', () => {
    const alpha = new Uint16Array(20 * 20);
    for (let y = 0; y < 20; y++) alpha.fill(65535, y * 20, y * 20 + 10);
    const shrunk = choke({ width: 20, height: 20, alpha }, 3);
    for (let y = 0; y < 20; y++) {
      expect(
        matteArea({ width: 20, height: 1, alpha: shrunk.alpha.slice(20 * y, 20 * y + 20) }),
      ).toBe(7);
    }
  });

  test.each([0, 65535])('leaves a matte that is %i all over as it is', (value) => {
    const matte = { width: 6, height: 5, alpha: new Uint16Array(30).fill(value) };
    expect(choke(matte, 2)).toEqual(matte);
    expect(choke(matte, -2)).toEqual(matte);
    expect(choke(matte, 0)).toBe(matte);
  });
});

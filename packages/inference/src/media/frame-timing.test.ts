import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameTiming } from './frame-timing.ts';

const ntsc = { num: 24_000, den: 1001 };

describe('frameTiming', () => {
  it('keeps 24000/1001 exact in a container that rounds to milliseconds', () => {
    const stamps = Float64Array.from({ length: 5000 }, (_, at) => Math.round((at * 1001) / 24));
    const movie = { timeBase: { num: 1, den: 1000 }, rates: [ntsc] };
    expect(frameTiming(stamps, movie)).toEqual({ rate: ntsc, isVariable: false });
  });

  it('takes an even spacing over a wrong claim', () => {
    const stamps = Float64Array.from({ length: 50 }, (_, at) => 7 + at * 1001);
    const movie = { timeBase: { num: 1, den: 24_000 }, rates: [{ num: 25, den: 1 }] };
    expect(frameTiming(stamps, movie)).toEqual({ rate: ntsc, isVariable: false });
  });

  it('says when frames are unevenly spaced, and gives their mean', () => {
    const stamps = Float64Array.of(0, 10, 20, 30, 60, 70, 100);
    const movie = { timeBase: { num: 1, den: 100 }, rates: [{ num: 90_000, den: 1 }] };
    expect(frameTiming(stamps, movie)).toEqual({ rate: { num: 6, den: 1 }, isVariable: true });
  });

  it('finds any rate from even stamps', () => {
    const part = fc.integer({ min: 1, max: 60_000 });
    fc.assert(
      fc.property(part, part, fc.integer({ min: 2, max: 50 }), (num, den, length) => {
        const stamps = Float64Array.from({ length }, (_, at) => at * den);
        const { rate, isVariable } = frameTiming(stamps, {
          timeBase: { num: 1, den: num },
          rates: [],
        });
        expect(isVariable).toBe(false);
        expect(rate.num * den).toBe(rate.den * num);
      }),
    );
  });

  it('has a rate for a single frame', () => {
    const movie = { timeBase: { num: 1, den: 1000 }, rates: [] };
    expect(frameTiming(Float64Array.of(Number.NaN), movie).rate).toEqual({ num: 24, den: 1 });
  });
});

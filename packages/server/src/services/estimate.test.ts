import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { creditsFor } from './estimate.ts';
import { type SettingValues, settings } from './settings.ts';

const prices: SettingValues = {
  credits_per_second_draft: 0.1,
  credits_per_second_standard: 0.5,
  credits_per_second_high: 1,
  credits_per_second_max: 2,
  credits_per_second_greenscreen: 0,
};
const ntsc = { num: 24_000, den: 1001 };

describe('creditsFor', () => {
  it('counts whole credits, rounded up, by seconds and quality', () => {
    const pal = { num: 25, den: 1 };
    expect(creditsFor({ priced: 'draft', frames: 1, rate: pal }, prices)).toBe(1);
    expect(creditsFor({ priced: 'draft', frames: 750, rate: pal }, prices)).toBe(3);
    expect(creditsFor({ priced: 'draft', frames: 751, rate: pal }, prices)).toBe(4);
    expect(creditsFor({ priced: 'max', frames: 250, rate: pal }, prices)).toBe(20);
    expect(creditsFor({ priced: 'high', frames: 24, rate: ntsc }, prices)).toBe(2);
    expect(creditsFor({ priced: 'greenscreen', frames: 9999, rate: pal }, prices)).toBe(0);
  });

  it('is never below the exact price, and never a whole credit above it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 240_000 }),
        fc.integer({ min: 1, max: 1001 }),
        (frames, thousandths, num, den) => {
          const dear = { ...prices, credits_per_second_high: thousandths / 1000 };
          const found = creditsFor({ priced: 'high', frames, rate: { num, den } }, dear);
          const paid = BigInt(found) * BigInt(num) * 1000n;
          const owed = BigInt(frames) * BigInt(den) * BigInt(thousandths);
          expect(paid >= owed).toBe(true);
          expect(paid - owed < BigInt(num) * 1000n).toBe(true);
        },
      ),
    );
  });

  it('has a price in its range for everything', () => {
    for (const { fallback, least, most } of Object.values(settings)) {
      expect(fallback).toBeGreaterThanOrEqual(least);
      expect(fallback).toBeLessThanOrEqual(most);
    }
  });
});

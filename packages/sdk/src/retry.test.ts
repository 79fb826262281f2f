import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryWaitMs } from './retry.ts';

describe('the wait before a retry', () => {
  it('is half a second doubled up to eight, less up to a quarter', () => {
    const longest = [0, 1, 2, 3, 4, 5, 50].map((retry) => retryWaitMs(retry, undefined, 0));
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
    fc.assert(
      fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, noNaN: true }), (retry, random) => {
        const most = Math.min(500 * 2 ** retry, 8000);
        const wait = retryWaitMs(retry, undefined, random);
        expect(wait).toBeLessThanOrEqual(most);
        expect(wait).toBeGreaterThanOrEqual(most * 0.75);
      }),
    );
  });

  it('is what the server asks for up to a minute; for more there is no retry', () => {
    expect(retryWaitMs(0, 0)).toBe(0);
    expect(retryWaitMs(5, 60_000)).toBe(60_000);
    expect(retryWaitMs(0, 60_001)).toBeUndefined();
  });
});

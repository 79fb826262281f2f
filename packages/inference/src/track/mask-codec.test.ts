import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObjectMask } from '../engine/engine.ts';
import { packMask, unpackMask } from './mask-codec.ts';

function maskOf(
  width: number,
  height: number,
  values: readonly number[],
  score = 0.75,
): ObjectMask {
  const region = { x: -3.5, y: 2, width: 640, height: 360.25 };
  return { width, height, logits: Float32Array.from(values), region, score };
}

describe('packMask', () => {
  it('gives back every logit within a 65535th of the range of the frame', () => {
    const value = fc.float({ min: -1024, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 12, maxLength: 12 }), (values) => {
        const mask = maskOf(4, 3, values);
        const back = unpackMask(packMask(mask));
        const range = Math.max(...values) - Math.min(...values);
        for (const [i, logit] of back.logits.entries()) {
          expect(Math.abs(logit - (values[i] ?? 0))).toBeLessThanOrEqual(range / 65535 + 1e-4);
        }
      }),
    );
  });

  it('keeps size, region and score exactly', () => {
    const { logits: _, ...rest } = unpackMask(packMask(maskOf(2, 2, [1, 2, 3, 4], 0.123456789)));
    const { logits: __, ...expected } = maskOf(2, 2, [1, 2, 3, 4], 0.123456789);
    expect(rest).toEqual(expected);
  });

  it('keeps a constant mask exactly', () => {
    expect([...unpackMask(packMask(maskOf(2, 1, [-1024, -1024]))).logits]).toEqual([-1024, -1024]);
  });

  it('refuses logits that are not finite', () => {
    expect(() => packMask(maskOf(2, 1, [Number.NaN, Number.NaN]))).toThrow(
      expect.objectContaining({ code: 'engine_failed' }),
    );
  });

  it('says that the cache is corrupt, and allocates nothing large, for any other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          unpackMask(Buffer.from(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'cache_corrupt' });
        }
      }),
    );
  });
});

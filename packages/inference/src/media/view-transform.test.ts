import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearView } from './view-transform.ts';

/** IEC 61966-2-1, as written. */
function srgb(x: number): number {
  return x <= 0.003_130_8 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
}

function shown(
  rgb: readonly number[],
  space: 'linear-rec709' | 'acescg' = 'linear-rec709',
  stops = 0,
) {
  const out = new Uint16Array(rgb.length);
  linearView(space, stops).apply(Float32Array.from(rgb), out, 65_535);
  return [...out];
}

describe('linearView', () => {
  it('is the sRGB curve to a 16-bit step', () => {
    fc.assert(
      fc.property(fc.float({ min: 0, max: 1, noNaN: true }), (value) => {
        const [got = 0] = shown([value, 0, 0]);
        expect(Math.abs(got - srgb(value) * 65_535)).toBeLessThanOrEqual(0.51);
      }),
    );
  });

  it('makes NaN black and clips infinities, whatever the space', () => {
    const wild = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    expect(shown(wild)).toEqual([0, 65_535, 0]);
    for (const value of shown(wild, 'acescg')) {
      expect(value).toBeGreaterThanOrEqual(0);
    }
    expect(shown([1e30, 1e30, 1e30], 'acescg')).toEqual([65_535, 65_535, 65_535]);
  });

  it('keeps ACEScg greys grey, and turns its red into a red beyond Rec.709', () => {
    expect(shown([0.18, 0.18, 0.18], 'acescg')).toEqual(shown([0.18, 0.18, 0.18]));
    expect(shown([0.5, 0, 0], 'acescg')).toEqual([shown([0.852_525, 0, 0])[0], 0, 0]);
  });

  it('adds stops in linear light and says so', () => {
    expect(shown([0.1, 0.2, 0.4], 'linear-rec709', 1)).toEqual(shown([0.2, 0.4, 0.8]));
    expect(linearView('acescg', -1.5).name).toBe('acescg -> sRGB, -1.5 stops');
    expect(linearView('linear-rec709', 0).name).toBe('linear-rec709 -> sRGB');
  });
});

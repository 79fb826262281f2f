import { describe, expect, it } from 'vitest';
import { absentLogit, chooseMask } from './choose-mask.ts';
import type { DecodedMasks } from './networks.ts';
import { resolveRules } from './presets.ts';

const vectors = { noObjectPointer: Float32Array.of(-9) };
const benchmark = resolveRules({ preset: 'benchmark' });
const product = resolveRules();

/** Mask and pointer `k` hold the number `k + 1`; the third of the three others is the best. */
function decoded(changes: Partial<DecodedMasks> = {}): DecodedMasks {
  const each = [1, 2, 3, 4].map((value) => Float32Array.of(value));
  return {
    masks: each,
    pointers: each,
    ious: Float32Array.of(1, 0.2, 0.3, 0.9),
    score: 3,
    ...changes,
  };
}

const chosen = (...[masks, points, rules = benchmark]: [DecodedMasks, number, typeof product?]) => {
  const { mask, pointer } = chooseMask(masks, points, vectors, rules);
  return [mask[0], pointer[0]];
};

describe('chooseMask', () => {
  it('takes the best of three, and its pointer, on a tracked frame and after one click', () => {
    expect(chosen(decoded(), 0)).toEqual([4, 4]);
    expect(chosen(decoded(), 1)).toEqual([4, 4]);
    expect(chosen(decoded({ ious: Float32Array.of(1, 0.5, 0.5, 0.4) }), 0)).toEqual([2, 2]);
  });

  it('takes the single mask after more clicks or a box', () => {
    expect(chosen(decoded(), 2)).toEqual([1, 1]);
    expect(chosen(decoded(), 3)).toEqual([1, 1]);
  });

  it('lets an unstable single mask give way, but keeps its pointer', () => {
    // 97 of 100 cells that may be object surely are.
    const shaky = Float32Array.from({ length: 200 }, (_, i) => (i < 97 ? 1 : i < 100 ? 0 : -1));
    const masks = [shaky, ...[2, 3, 4].map((value) => new Float32Array(200).fill(value))];
    expect(chosen(decoded({ masks }), 2, product)).toEqual([4, 1]);
    expect(chosen(decoded({ masks }), 2, benchmark)).toEqual([1, 1]);
    const lenient = { ...product, stabilityThreshold: 0.97 };
    expect(chosen(decoded({ masks }), 2, lenient)).toEqual([1, 1]);
  });

  it('takes an empty single mask for stable', () => {
    const masks = [-1, 2, 3, 4].map((value) => Float32Array.of(value));
    expect(chosen(decoded({ masks }), 2, product)).toEqual([-1, 1]);
  });

  it('says nothing of an object whose score is not above 0', () => {
    for (const score of [0, -2]) {
      expect(chosen(decoded({ score }), 0)).toEqual([absentLogit, -9]);
      expect(chosen(decoded({ score }), 2, product)).toEqual([absentLogit, -9]);
    }
  });
});

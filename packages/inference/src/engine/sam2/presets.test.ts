import { describe, expect, it } from 'vitest';
import { resolveRules, sam2Presets } from './presets.ts';

describe('resolveRules', () => {
  it('is the product preset unless another is asked for', () => {
    expect(resolveRules()).toEqual(sam2Presets.product);
    expect(resolveRules({ preset: 'benchmark' })).toEqual(sam2Presets.benchmark);
  });

  it('lets every part differ from its preset', () => {
    const rules = resolveRules({ preset: 'benchmark', fillHoleArea: 8, retrack: 'span' });
    expect(rules).toEqual({ ...sam2Presets.benchmark, fillHoleArea: 8, retrack: 'span' });
  });

  it('turns post-processing off in the benchmark preset, and keeps corrections in both', () => {
    const { product, benchmark } = sam2Presets;
    expect([product.fillHoleArea, benchmark.fillHoleArea]).toEqual([8, 0]);
    expect([product.multimaskByStability, benchmark.multimaskByStability]).toEqual([true, false]);
    expect([product.binarizeMaskFromPoints, benchmark.binarizeMaskFromPoints]).toEqual([
      true,
      false,
    ]);
    expect(benchmark.maxCondFrames).toBe(0);
    for (const preset of [product, benchmark]) {
      expect(preset.addAllFramesToCorrectAsCond).toBe(true);
    }
  });

  it.each([
    [{ fillHoleArea: -1 }, 'fillHoleArea'],
    [{ fillHoleArea: 1.5 }, 'fillHoleArea'],
    [{ memoryFrames: 0 }, 'memoryFrames'],
    [{ memoryFrames: 8 }, 'memoryFrames'],
    [{ memoryStride: 0 }, 'memoryStride'],
    [{ maxCondFrames: 1 }, 'maxCondFrames'],
  ])('refuses %j and names the part', (parts, param) => {
    expect(() => resolveRules(parts)).toThrow(
      expect.objectContaining({ code: 'invalid_argument', param }),
    );
  });
});

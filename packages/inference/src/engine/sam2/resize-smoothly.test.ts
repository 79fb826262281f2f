import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { resizeSmoothly } from './resize-smoothly.ts';

/** A mask of single cells. */
function noiseMask(width: number, height: number) {
  const values = Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return Math.imul(x * 7919 + y * 104_729, 2_654_435_761) >>> 24 > 127 ? 1 : 0;
  });
  return { width, height, values };
}

describe('resizeSmoothly', () => {
  // The same mask through torch.nn.functional.interpolate(mode="bilinear", align_corners=False,
  // antialias=True) of PyTorch 2.13.0 on a CPU.
  it.each([
    [320, 180, 256, 256, '2c3f9748fb78400c'],
    [333, 217, 64, 64, '521789b8e30c08d3'],
    [40, 30, 128, 128, '160dd2db3f9a1b41'],
    [256, 256, 64, 64, 'ed957bf233e72c84'],
    [64, 50, 64, 64, '9294f6a33109334d'],
  ])(
    "gives PyTorch's values of %i x %i cells at %i x %i",
    (width, height, toWidth, toHeight, expected) => {
      const { values } = resizeSmoothly(noiseMask(width, height), toWidth, toHeight);
      const bytes = new Uint8Array(values.buffer);
      expect(createHash('sha256').update(bytes).digest('hex').slice(0, 16)).toBe(expected);
    },
  );

  it('keeps what is even even', () => {
    const even = { width: 7, height: 5, values: new Float32Array(35).fill(3) };
    for (const value of resizeSmoothly(even, 3, 11).values) expect(value).toBeCloseTo(3, 5);
  });
});

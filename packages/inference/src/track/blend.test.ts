import { describe, expect, it } from 'vitest';
import type { ObjectMask } from '../engine/engine.ts';
import { blendMasks } from './blend.ts';

function disc(centerX: number, region: ObjectMask['region'], score = 0.9): ObjectMask {
  const size = 32;
  const logits = new Float32Array(size * size);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const px = region.x + ((x + 0.5) * region.width) / size;
      const py = region.y + ((y + 0.5) * region.height) / size;
      logits[y * size + x] = 10 - Math.hypot(px - centerX, py - 50);
    }
  }
  return { width: size, height: size, logits, region, score };
}

const square = { x: 0, y: 0, width: 100, height: 100 };

describe('blendMasks', () => {
  it('is the first mask next to where it was tracked from, and the other at the other end', () => {
    const before = disc(40, square);
    const after = disc(60, square);
    expect([...blendMasks(before, after, 0).logits]).toEqual([...before.logits]);
    expect([...blendMasks(before, after, 1).logits]).toEqual([...after.logits]);
  });

  it('agrees with two masks that agree, whatever their regions', () => {
    const before = disc(50, square);
    const after = disc(50, { x: 10, y: 5, width: 80, height: 90 });
    const blend = blendMasks(before, after, 0.4);
    for (const [i, logit] of blend.logits.entries()) {
      const own = before.logits[i] ?? 0;
      if (own > -20) expect(Math.abs(logit - own)).toBeLessThan(1.5);
    }
  });

  it('trusts the side that still sees the object', () => {
    const lost = { ...disc(0, square, 0.01), logits: new Float32Array(32 * 32).fill(-10) };
    const seen = disc(60, square, 0.95);
    const blend = blendMasks(lost, seen, 0.5);
    expect(Math.max(...blend.logits)).toBeGreaterThan(7);
  });
});

import { describe, expect, it } from 'vitest';
import { fitAffineMotion, motionAt } from './affine-motion.ts';
import { expandPicture, type GreyPicture, opticalFlow } from './optical-flow.ts';

const [width, height] = [96, 64];

/** A smooth texture with no straight edges, as a function of place. */
function texture(x: number, y: number): number {
  return (
    128 + 50 * Math.sin(x / 3.1 + y / 9) + 40 * Math.sin(y / 4.3 - x / 11) + 20 * Math.cos(x / 7)
  );
}

function draw(place: (x: number, y: number) => readonly [number, number]): GreyPicture {
  const data = Float32Array.from({ length: width * height }, (_, i) =>
    texture(...place(i % width, Math.floor(i / width))),
  );
  return { width, height, data };
}

describe('optical flow', () => {
  it.each([
    [0, 0],
    [0.5, -0.25],
    [3, -2],
    [-7.5, 4],
  ])('finds a picture shifted by (%d, %d) pixels to a tenth of a pixel', (dx, dy) => {
    const now = expandPicture(draw((x, y) => [x, y]));
    const then = expandPicture(draw((x, y) => [x - dx, y - dy]));
    const flow = opticalFlow(now, then);
    // Near the edges part of what is compared lies outside.
    for (let y = 16; y < height - 16; y += 4) {
      for (let x = 16; x < width - 16; x += 4) {
        expect(Math.abs((flow.x[y * width + x] ?? 9) - dx)).toBeLessThan(0.1);
        expect(Math.abs((flow.y[y * width + x] ?? 9) - dy)).toBeLessThan(0.1);
      }
    }
  });

  it('gives numbers where there is nothing to see, and for pictures of one pixel', () => {
    for (const [w, h] of [
      [1, 1],
      [3, 40],
      [64, 48],
    ] as const) {
      const flat = expandPicture({ width: w, height: h, data: new Float32Array(w * h).fill(90) });
      const flow = opticalFlow(flat, flat);
      expect([...flow.x, ...flow.y].every((value) => Math.abs(value) < 1e-6)).toBe(true);
    }
  });
});

describe('the motion of most pixels', () => {
  it('is that of a turning, growing picture, whatever a part of it does', () => {
    const flow = { width, height, x: new Float32Array(6144), y: new Float32Array(6144) };
    const truth = { x: [2, -3, 1.5], y: [3, 2, -0.5], fitted: 0 } as const;
    for (let i = 0; i < width * height; i++) {
      const [x, y] = [i % width, Math.floor(i / width)];
      const at = motionAt(truth, flow, x, y);
      const apart = x >= 36 && x < 64 && y >= 20 && y < 48;
      flow.x[i] = apart ? 6 : at.x;
      flow.y[i] = apart ? -5 : at.y;
    }
    const motion = fitAffineMotion(flow, () => true);
    for (const key of ['x', 'y'] as const) {
      for (const i of [0, 1, 2] as const) expect(motion?.[key][i]).toBeCloseTo(truth[key][i], 1);
    }
  });

  it('is unknown where too few pixels count', () => {
    const flow = { width: 4, height: 4, x: new Float32Array(16), y: new Float32Array(16) };
    expect(fitAffineMotion(flow, (i) => i < 8)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { viewAround, wholeView } from './view.ts';
import { viewPixels } from './view-pixels.ts';

const rules = { inputSize: 256, cut: true, context: 2, minSide: 32 };
const mean = 123.675;
const deviation = 58.395;

/** A picture whose red grows by 1 a pixel to the right. */
function ramp(width: number, height: number) {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    rgb[3 * i] = i % width;
  }
  return { number: 0, width, height, rgb };
}

describe('viewPixels', () => {
  it('samples the picture at the place of each input pixel, normalised', () => {
    const frame = ramp(200, 100);
    const view = viewAround({ x: 100, y: 50 }, 64, frame, rules);
    const { width, data } = viewPixels(frame, view);
    for (const column of [10, 100, 200]) {
      const x = view.x + (column + 0.5) / view.scale - 0.5;
      const red = (data[40 * width + column] ?? 0) * deviation + mean;
      expect(red).toBeCloseTo(x, 2);
    }
  });

  it('averages every pixel where the picture is made smaller', () => {
    const [width, height] = [1024, 512];
    const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
      Math.floor(i / 3) % 2 === 0 ? 0 : 200,
    );
    const frame = { number: 0, width, height, rgb };
    const { data, width: columns } = viewPixels(frame, wholeView(frame, rules));
    const red = (data[50 * columns + 50] ?? 0) * deviation + mean;
    expect(red).toBeGreaterThan(90);
    expect(red).toBeLessThan(110);
  });

  it('is zero below the last row of the picture', () => {
    const frame = ramp(200, 90);
    const { width, height, data } = viewPixels(frame, wholeView(frame, rules));
    expect([width, height]).toEqual([256, 128]);
    expect(data.subarray(width * 116, width * 128).every((value) => value === 0)).toBe(true);
    expect(data.subarray(width * 114, width * 115).every((value) => value !== 0)).toBe(true);
  });
});

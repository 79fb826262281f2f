import { expect, test } from 'vitest';
import { promptPoints } from './prompt-points.ts';

const picture = { width: 320, height: 180 };

test('puts the corners of a box before all points, in pixels of the square', () => {
  const prompt = {
    points: [
      { x: 160, y: 90, label: 'positive' as const },
      { x: 0, y: 45, label: 'negative' as const },
    ],
    box: { x1: 32, y1: 18, x2: 288, y2: 162 },
  };
  const points = promptPoints(prompt, picture, 1000);
  expect(points.map(({ label }) => label)).toEqual([2, 3, 1, 0]);
  expect(points.slice(2)).toEqual([
    { x: 500, y: 500, label: 1 },
    { x: 0, y: 250, label: 0 },
  ]);
  // A tenth is no float32: what PyTorch makes of 32 / 320 * 1000 and of 288 / 320 * 1000.
  expect(points.slice(0, 2)).toEqual([
    { x: 100, y: 100, label: 2 },
    { x: 900, y: 900, label: 3 },
  ]);
});

test('rounds to float32 at every step, as the published predictor does', () => {
  const points = [{ x: 33.3, y: 1, label: 'positive' as const }];
  const [point] = promptPoints({ points }, { width: 1920, height: 1080 }, 1024);
  const f = Math.fround;
  expect(point?.x).toBe(f(f(f(33.3) / 1920) * 1024));
  expect(point?.x).not.toBe((33.3 / 1920) * 1024);
});

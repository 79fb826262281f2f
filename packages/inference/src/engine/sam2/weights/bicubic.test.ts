import { expect, test } from 'vitest';
import { resizeBicubic } from './bicubic.ts';

// Rows written down from torch.nn.functional.interpolate(mode='bicubic', align_corners=False).
const plane = [0.5, -1, 2, 3, 0.25, -0.75, 1.5, -2, 0];

test.each([
  [4, 0, [0.421783, -0.942658, -0.060144, 2.433328]],
  [4, 3, [1.647419, -1.124253, -1.753636, 0.212844]],
  [7, 3, [3.300656, 2.680393, 1.509474, 0.25, -0.458454, -0.665086, -0.85933]],
  [2, 1, [1.121834, -0.652493]],
])('a plane of 3 x 3 becomes one of %i as PyTorch resizes it: row %i', (side, row, expected) => {
  // Two planes: what is done to one must not reach the other.
  const out = resizeBicubic(
    Float32Array.from([...plane.map((value) => 9 * value), ...plane]),
    3,
    side,
  );
  expect(out).toHaveLength(2 * side * side);
  const at = side * side + row * side;
  expected.forEach((value, column) => {
    expect(out[at + column]).toBeCloseTo(value, 5);
  });
});

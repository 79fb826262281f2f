import { expect, it } from 'vitest';
import { paintView } from './paint-view.ts';

/** Two pixels by two: red, green; blue, white. */
const picture = {
  width: 2,
  height: 2,
  rgb: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255),
};
const pixelsOf = ({ rgb }: { rgb: Uint8Array }) =>
  Array.from({ length: rgb.length / 3 }, (_, index) => [...rgb.subarray(index * 3, index * 3 + 3)]);

it('shows every pixel where the view puts it, and black beside the picture', () => {
  const view = { left: 1, top: 0, scaleX: 1, scaleY: 1 };
  const painted = paintView({ picture, layers: [], view, size: { width: 4, height: 2 } });
  expect(pixelsOf(painted)).toEqual([
    [0, 0, 0],
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 255],
    [255, 255, 255],
    [0, 0, 0],
  ]);
});

it('is the mean of what a pixel covers, and repeats pixels where they are large', () => {
  const small = { left: 0, top: 0, scaleX: 0.5, scaleY: 0.5 };
  const one = paintView({ picture, layers: [], view: small, size: { width: 1, height: 1 } });
  expect(pixelsOf(one)).toEqual([[127, 127, 127]]);
  const large = { left: -2, top: 0, scaleX: 2, scaleY: 2 };
  const two = paintView({ picture, layers: [], view: large, size: { width: 2, height: 1 } });
  expect(pixelsOf(two)).toEqual([
    [0, 255, 0],
    [0, 255, 0],
  ]);
});

it('tints what is inside a mask, draws its outline, and leaves what is outside', () => {
  const layer = { alpha: Uint8Array.of(0, 255, 128, 0), color: '#000000' };
  const view = { left: 0, top: 0, scaleX: 1, scaleY: 1 };
  const painted = paintView({ picture, layers: [layer], view, size: { width: 2, height: 2 } });
  expect(pixelsOf(painted)).toEqual([
    [255, 0, 0],
    [0, 128, 0],
    [0, 0, 26],
    [255, 255, 255],
  ]);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskSize, toCells, viewAround, viewForBox, viewRegion, wholeView } from './view.ts';

const rules = { inputSize: 1024, cut: true, context: 2, minSide: 256 };

describe('views', () => {
  it('cut the input to the rows that lie in the picture', () => {
    const view = wholeView({ width: 854, height: 480 }, rules);
    expect(view).toMatchObject({ x: 0, y: 0, side: 854, gridWidth: 64, gridHeight: 36 });
    expect(maskSize(view)).toEqual({ width: 256, height: 144 });
  });

  it('show the whole picture when asked, whatever its size', () => {
    const region = viewRegion(wholeView({ width: 200, height: 90 }, rules));
    expect(region).toMatchObject({ x: 0, y: 0, width: 200 });
    expect(region.height).toBeGreaterThanOrEqual(90);
  });

  it('stand still while an object moves by a few pixels', () => {
    const picture = { width: 1920, height: 1080 };
    const box = { x1: 700, y1: 400, x2: 900, y2: 620 };
    const moved = { x1: 703, y1: 398, x2: 903, y2: 618 };
    expect(viewForBox(moved, picture, rules)).toEqual(viewForBox(box, picture, rules));
  });

  it('lie in the picture and hold their centre, whatever is asked', () => {
    const size = fc.integer({ min: 16, max: 8192 });
    fc.assert(
      fc.property(
        size,
        size,
        fc.double({ min: 0, max: 1, noNaN: true }),
        size,
        (w, h, at, side) => {
          const centre = { x: at * w, y: (1 - at) * h };
          const view = viewAround(centre, side, { width: w, height: h }, rules);
          expect(view.x).toBeGreaterThanOrEqual(0);
          expect(view.y).toBeGreaterThanOrEqual(0);
          expect(Math.max(view.gridWidth, view.gridHeight)).toBeLessThanOrEqual(64);
          const region = viewRegion(view);
          expect(centre.x).toBeGreaterThanOrEqual(region.x);
          expect(centre.y).toBeGreaterThanOrEqual(region.y);
          expect(centre.x).toBeLessThanOrEqual(region.x + region.width + 1e-6);
          expect(centre.y).toBeLessThanOrEqual(region.y + region.height + 1e-6);
        },
      ),
    );
  });

  it('place the corner of the region at the corner of the mask', () => {
    const view = viewAround({ x: 500, y: 300 }, 400, { width: 854, height: 480 }, rules);
    const { x, y, width, height } = viewRegion(view);
    const size = maskSize(view);
    expect(toCells(view, x, y)).toEqual({ x: 0, y: 0 });
    expect(toCells(view, x + width, y + height).x).toBeCloseTo(size.width, 6);
    expect(toCells(view, x + width, y + height).y).toBeCloseTo(size.height, 6);
  });
});

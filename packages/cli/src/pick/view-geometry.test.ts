import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitView, insidePicture, panView, toPicture, toWindow, zoomView } from './view-geometry.ts';

const side = fc.integer({ min: 1, max: 8192 });
const size = fc.record({ width: side, height: side });
const aspect = fc.double({ min: 0.25, max: 4, noNaN: true });
const part = fc.double({ min: 0, max: 1, noNaN: true });
const place = fc.record({ x: part, y: part });
/** A picture upright and turned, with square pixels or not, in a window of pixels or of cells. */
const scene = fc.record({
  picture: size,
  pixelAspect: aspect,
  window: fc.record({ width: side, height: side, unitAspect: fc.constantFrom(1, 0.5) }),
});

describe('where a picture lies in a window', () => {
  it('is the whole of it, in the middle, and as large as it can be', () => {
    fc.assert(
      fc.property(scene, ({ picture, pixelAspect, window }) => {
        const view = fitView(picture, pixelAspect, window);
        const width = picture.width * view.scaleX;
        const height = picture.height * view.scaleY;
        expect(Math.max(width / window.width, height / window.height)).toBeCloseTo(1, 6);
        expect(view.left * 2 + width).toBeCloseTo(window.width, 3);
        expect(view.top * 2 + height).toBeCloseTo(window.height, 3);
        // As wide for its height as it is meant to be, seen in units that may not be square.
        expect((view.scaleX / view.scaleY) * window.unitAspect).toBeCloseTo(pixelAspect, 6);
      }),
    );
  });

  it('leads from a pixel to the window and back to the pixel, zoomed and moved too', () => {
    fc.assert(
      fc.property(scene, place, place, aspect, (given, at, grip, factor) => {
        const { picture, pixelAspect, window } = given;
        const fit = fitView(picture, pixelAspect, window);
        const anchor = { x: grip.x * window.width, y: grip.y * window.height };
        const zoomed = zoomView(fit, fit, factor, anchor);
        const moved = panView(zoomed, { x: 7, y: -3 }, picture, window);
        const pixel = { x: at.x * picture.width, y: at.y * picture.height };
        for (const view of [fit, zoomed, moved]) {
          const back = toPicture(view, toWindow(view, pixel));
          expect(Math.abs(back.x - pixel.x)).toBeLessThan(1e-6 * picture.width);
          expect(Math.abs(back.y - pixel.y)).toBeLessThan(1e-6 * picture.height);
        }
      }),
    );
  });

  it('keeps the pixel under the pointer there while it zooms', () => {
    fc.assert(
      fc.property(scene, place, ({ picture, pixelAspect, window }, grip) => {
        const fit = fitView(picture, pixelAspect, window);
        const anchor = { x: grip.x * window.width, y: grip.y * window.height };
        const before = toPicture(fit, anchor);
        const after = toPicture(zoomView(fit, fit, 3, anchor), anchor);
        expect(Math.abs(after.x - before.x)).toBeLessThan(1e-6 * picture.width);
        expect(Math.abs(after.y - before.y)).toBeLessThan(1e-6 * picture.height);
      }),
    );
  });

  it('never shows less than the whole window of a picture that is larger', () => {
    fc.assert(
      fc.property(scene, place, fc.integer(), fc.integer(), (given, grip, x, y) => {
        const { picture, pixelAspect, window } = given;
        const fit = fitView(picture, pixelAspect, window);
        const anchor = { x: grip.x * window.width, y: grip.y * window.height };
        const view = panView(zoomView(fit, fit, 50, anchor), { x, y }, picture, window);
        const corner = toWindow(view, { x: picture.width, y: picture.height });
        if (picture.width * view.scaleX > window.width) {
          expect(view.left).toBeLessThanOrEqual(0);
          expect(corner.x).toBeGreaterThanOrEqual(window.width - 1e-3);
        }
        if (picture.height * view.scaleY > window.height) {
          expect(view.top).toBeLessThanOrEqual(0);
          expect(corner.y).toBeGreaterThanOrEqual(window.height - 1e-3);
        }
      }),
    );
  });

  it('is the fit again once all of the zoom is taken back', () => {
    const fit = fitView({ width: 100, height: 50 }, 1, { width: 300, height: 300 });
    const zoomed = zoomView(fit, fit, 4, { x: 10, y: 10 });
    expect(zoomView(zoomed, fit, 0.1, { x: 200, y: 90 })).toBe(fit);
  });
});

it('brings a place beside the picture to its border', () => {
  expect(insidePicture({ x: -3, y: 60 }, { width: 100, height: 50 })).toEqual({ x: 0, y: 50 });
});

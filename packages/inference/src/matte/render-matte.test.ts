import { ShotMatte } from '@roto/sdk/contract';
import { describe, expect, test } from 'vitest';
import type { ObjectMask, Region } from '../engine/engine.ts';
import type { Frame } from '../media/clip.ts';
import { type Matte, matteArea } from './alpha.ts';
import { renderMatte } from './render-matte.ts';

const defaults = ShotMatte.parse({});

/** Signed distance in pixels of the plate, positive inside. */
type Shape = (x: number, y: number) => number;

function maskOf(shape: Shape, region: Region, cells = 64, gain = 1): ObjectMask {
  const logits = Float32Array.from({ length: cells * cells }, (_, i) => {
    const x = region.x + (((i % cells) + 0.5) * region.width) / cells;
    const y = region.y + ((Math.floor(i / cells) + 0.5) * region.height) / cells;
    return Math.max(-10, Math.min(10, gain * shape(x, y)));
  });
  return { width: cells, height: cells, logits, region, score: 0.9 };
}

function plateOf(width: number, height: number, color: (x: number, y: number) => number[]): Frame {
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    rgb.set(color((i % width) + 0.5, Math.floor(i / width) + 0.5), 3 * i);
  }
  return { number: 0, width, height, rgb };
}

const grey = (width: number, height: number) => plateOf(width, height, () => [90, 90, 90]);
const circle =
  (cx: number, cy: number, radius: number): Shape =>
  (x, y) =>
    radius - Math.hypot(x - cx, y - cy);

function differenceFrom(shape: Shape, matte: Matte, skip = (_x: number, _y: number) => false) {
  let sum = 0;
  for (let i = 0; i < matte.alpha.length; i++) {
    const x = (i % matte.width) + 0.5;
    const y = Math.floor(i / matte.width) + 0.5;
    if (skip(x, y)) continue;
    const truth = Math.min(1, Math.max(0, 0.5 + shape(x, y)));
    sum += Math.abs((matte.alpha[i] ?? 0) / 65535 - truth);
  }
  return sum;
}

describe('renderMatte', () => {
  const whole = { x: 0, y: 0, width: 160, height: 120 };

  test('makes an empty matte of an object that is not there', () => {
    const mask = maskOf(circle(80, 60, 30), whole);
    expect(matteArea(renderMatte(undefined, grey(160, 120), defaults))).toBe(0);
    expect(matteArea(renderMatte({ ...mask, score: 0.5 }, grey(160, 120), defaults))).toBe(0);
    expect(
      matteArea(renderMatte({ ...mask, score: 0.51 }, grey(160, 120), defaults)),
    ).toBeGreaterThan(0);
  });

  test.each([
    { what: 'the whole plate', region: whole },
    { what: 'a crop', region: { x: 30, y: 17.5, width: 100, height: 90 } },
    { what: 'a region beyond the picture', region: { x: -70, y: -90, width: 300, height: 300 } },
  ])('puts the edge of $what where the logits are 0 when colour tells nothing', ({ region }) => {
    const matte = renderMatte(maskOf(circle(80, 60, 30), region), grey(160, 120), defaults);
    expect(Math.abs(Math.sqrt(matteArea(matte) / Math.PI) - 30)).toBeLessThan(0.5);
    expect(differenceFrom(circle(80, 60, 30), matte)).toBeLessThan(200);
  });

  test('draws the same edge however sure of itself the engine is', () => {
    const plate = grey(160, 120);
    const faint = renderMatte(maskOf(circle(80, 60, 30), whole, 64, 0.3), plate, defaults);
    const bold = renderMatte(maskOf(circle(80, 60, 30), whole, 64, 3), plate, defaults);
    expect(Math.abs(matteArea(faint) - matteArea(bold))).toBeLessThan(20);
    expect(faint.alpha.filter((v, i) => Math.abs(v - (bold.alpha[i] ?? 0)) > 13_000)).toHaveLength(
      0,
    );
  });

  test('has no object outside the region, and holds the region rim where the picture goes on', () => {
    const region = { x: 40, y: 20, width: 60, height: 60 };
    const matte = renderMatte(
      maskOf(() => 5, region),
      grey(160, 120),
      defaults,
    );
    expect(matteArea(matte)).toBe(3600);
    expect(matte.alpha[20 * 160 + 39]).toBe(0);
    expect(matte.alpha[20 * 160 + 40]).toBe(65535);
  });

  test('moves the edge from where the engine saw it to where the colours change', () => {
    const truth = circle(80, 60, 30);
    const plate = plateOf(160, 120, (x, y) => {
      const alpha = Math.min(1, Math.max(0, 0.5 + truth(x, y)));
      const grain = 6 * Math.sin(12.9898 * x + 78.233 * y);
      const front = [190, 120, 60];
      return [40, 90, 150].map((back, c) => back + alpha * ((front[c] ?? 0) - back) + grain);
    });
    const wrong: Shape = (x, y) => truth(x, y) + 2.5 * Math.sin(Math.atan2(y - 60, x - 80) * 5);
    const mask = maskOf(wrong, whole);
    const drawn = differenceFrom(truth, renderMatte(mask, plate, defaults));
    const unseen = differenceFrom(truth, renderMatte(mask, grey(160, 120), defaults));
    expect(drawn).toBeLessThan(0.5 * unseen);
  });

  test('gives 0 and 65535 alone with a hard edge', () => {
    const settings = { ...defaults, feather: 3, edge: 'hard' as const };
    const matte = renderMatte(maskOf(circle(80, 60, 30), whole), grey(160, 120), settings);
    expect(new Set(matte.alpha)).toEqual(new Set([0, 65535]));
    expect(Math.abs(Math.sqrt(matteArea(matte) / Math.PI) - 30)).toBeLessThan(0.7);
  });

  test('removes specks, fills holes, chokes and feathers, in that order', () => {
    const ring: Shape = (x, y) =>
      Math.max(
        Math.min(circle(80, 60, 30)(x, y), -circle(80, 60, 8)(x, y)),
        circle(20, 20, 7)(x, y),
      );
    const mask = maskOf(ring, whole);
    const plate = grey(160, 120);
    const clean = renderMatte(mask, plate, {
      ...defaults,
      despeckle: 400,
      fillHoles: 400,
      choke: 2,
    });
    expect(Math.abs(Math.sqrt(matteArea(clean) / Math.PI) - 28)).toBeLessThan(0.6);
    // Choked first, the hole would be too large to fill and the speck gone.
    const touchy = renderMatte(mask, plate, { ...defaults, fillHoles: 230, choke: 2 });
    expect(touchy.alpha[60 * 160 + 80]).toBe(65535);
  });

  test('takes a mask that is all object, all background or a single cell', () => {
    const plate = grey(40, 30);
    const region = { x: 0, y: 0, width: 40, height: 30 };
    const full = renderMatte(
      maskOf(() => 9, region),
      plate,
      defaults,
    );
    expect(full.alpha.every((value) => value === 65535)).toBe(true);
    const none = renderMatte(
      maskOf(() => -9, region),
      plate,
      defaults,
    );
    expect(matteArea(none)).toBe(0);
    const one = maskOf(() => -9, { x: 0, y: 0, width: 320, height: 320 }, 16);
    one.logits[5 * 16 + 7] = 9;
    const cell = renderMatte(one, grey(320, 320), defaults);
    expect(matteArea(cell)).toBeGreaterThan(100);
    expect(matteArea(cell)).toBeLessThan(600);
  });

  test('takes a plate of one pixel', () => {
    const region = { x: 0, y: 0, width: 1, height: 1 };
    const matte = renderMatte(
      maskOf(() => 3, region, 4),
      grey(1, 1),
      defaults,
    );
    expect([...matte.alpha]).toEqual([65535]);
  });

  test('gives the same matte whatever was rendered before', () => {
    const small = maskOf(circle(30, 30, 9), { x: 10, y: 10, width: 40, height: 40 });
    const before = renderMatte(small, grey(160, 120), defaults);
    renderMatte(
      maskOf(circle(200, 200, 150), { x: 0, y: 0, width: 400, height: 400 }),
      grey(400, 400),
      defaults,
    );
    expect(renderMatte(small, grey(160, 120), defaults)).toEqual(before);
  });
});

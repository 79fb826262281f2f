import { describe, expect, it } from 'vitest';
import { cellMotion } from './cell-motion.ts';
import { filledGrid, type MaskGrid } from './mask-grid.ts';
import type { GreyPicture } from './optical-flow.ts';
import { nextTrust, objections, startTrust } from './trust.ts';
import { cellCentre, wholeView } from './view.ts';

const picture = { width: 192, height: 128 };
const rules = { inputSize: 256, cut: true, context: 2, minSide: 64 };
const view = wholeView(picture, rules);
const [top, bottom] = [40, 90];

const ground = (x: number, y: number) =>
  110 + 45 * Math.sin(x / 4.1 + y / 13) + 30 * Math.cos(y / 5);
const body = (x: number, y: number) =>
  120 + 50 * Math.cos(x / 3.3 - y / 7) + 25 * Math.sin(y / 3.7);

/** A block with a texture of its own, 50 wide, over a ground that stands still. */
function draw(left: number): GreyPicture {
  const data = Float32Array.from({ length: picture.width * picture.height }, (_, i) => {
    const [x, y] = [i % picture.width, Math.floor(i / picture.width)];
    const inside = x >= left && x < left + 50 && y >= top && y < bottom;
    return Math.round(inside ? body(x - left, y) : ground(x, y));
  });
  return { ...picture, data };
}

/** A mask that holds what lies from `left` to `right` in the rows of the block. */
function maskOf(left: number, right: number): MaskGrid {
  const grid = filledGrid(view, -8);
  return {
    ...grid,
    logits: grid.logits.map((_, i) => {
      const at = cellCentre(view, { x: i % grid.width, y: Math.floor(i / grid.width) });
      return at.x >= left && at.x < right && at.y >= top && at.y < bottom ? 8 : -8;
    }),
  };
}

/** Mean of a plane of cells over the part of the picture from `left` to `right`. */
function meanOver(plane: Float32Array, left: number, right: number): number {
  const cells = [...plane.keys()].filter((i) => {
    const at = cellCentre(view, {
      x: i % (4 * view.gridWidth),
      y: Math.floor(i / (4 * view.gridWidth)),
    });
    return at.x >= left && at.x < right && at.y >= top + 8 && at.y < bottom - 8;
  });
  return cells.reduce((sum, i) => sum + (plane[i] ?? 0), 0) / cells.length;
}

describe('what the motion says of mask cells', () => {
  const before = { grey: draw(60), trust: startTrust(maskOf(60, 110)) };

  it('carries the mask along with the object', () => {
    const motion = cellMotion({ ...before, mask: maskOf(60, 110) }, draw(66), picture, view);
    expect(meanOver(motion.logits, 76, 106)).toBeGreaterThan(6);
    expect(meanOver(motion.logits, 124, 170)).toBeLessThan(-6);
  });

  it('objects to ground that the mask took in, and not to the object', () => {
    // The mask runs on over 30 pixels of ground beside the block, which nobody said is object.
    const motion = cellMotion({ ...before, mask: maskOf(60, 140) }, draw(66), picture, view);
    expect(meanOver(motion.withGround, 126, 138)).toBeGreaterThan(0.3);
    expect(meanOver(motion.withGround, 76, 104)).toBeLessThan(0.02);
    expect(meanOver(objections(motion), 126, 138)).toBeGreaterThan(3);
    expect(meanOver(objections(motion), 76, 104)).toBeLessThan(0.1);
  });

  it('says nothing while the object stands still', () => {
    const motion = cellMotion({ ...before, mask: maskOf(60, 140) }, draw(60), picture, view);
    expect(Math.max(...motion.withGround)).toBe(0);
    expect(Math.max(...objections(motion))).toBe(0);
  });

  it('distrusts for a while what only the motion kept out of the mask', () => {
    const motion = cellMotion({ ...before, mask: maskOf(60, 140) }, draw(66), picture, view);
    const kept = maskOf(66, 116);
    const trust = nextTrust(kept, maskOf(66, 146).logits, motion);
    expect(meanOver(trust, 126, 138)).toBeLessThan(-0.1);
    expect(meanOver(trust, 78, 104)).toBeGreaterThan(0.9);
    const forgotten = nextTrust(kept, kept.logits, { ...motion, trust });
    expect(meanOver(forgotten, 126, 138)).toBeGreaterThan(meanOver(trust, 126, 138));
  });
});

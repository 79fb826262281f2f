import type { ObjectMask } from '../engine/engine.ts';
import { growBox, type PixelBox } from './pixel-box.ts';

/**
 * Points every `step` pixels over a box of the plate, a few for each cell of the engine's grid:
 * fine enough for anything the grid can say, and far fewer than pixels on a large plate. Point
 * (i, j) stands for the pixels from `box.left + i * step`, `box.top + j * step` and lies in their
 * middle.
 */
export interface EdgeLattice {
  readonly box: PixelBox;
  readonly step: number;
  readonly width: number;
  readonly height: number;
  /** Side of a cell of the engine's grid in pixels of the plate, at least 1. */
  readonly cell: number;
  /**
   * Distance to the mask's edge in cells, positive inside, -4..4: the logit over its slope, so
   * that it does not matter how sure of itself the engine is.
   */
  readonly depth: Float32Array;
}

/** Points of the lattice a cell has; enough to follow the spline. */
const pointsPerCell = 2.5;
/** Cells round the mask that take part: the band that may change and what it is fitted to. */
const margin = 9;
const deepest = 4;

/** The lattice round a mask; undefined where no cell of it is above 0 in the picture. */
export function layEdgeLattice(
  mask: ObjectMask,
  plate: { readonly width: number; readonly height: number },
): EdgeLattice | undefined {
  const { region } = mask;
  const across = region.width / mask.width;
  const down = region.height / mask.height;
  const cell = Math.max(1, Math.sqrt(across * down));
  const object = objectBox(mask, across, down);
  if (object === undefined) return undefined;
  const box = growBox(object, Math.ceil(margin * cell), plate.width, plate.height);
  if (box.left >= box.right || box.top >= box.bottom) return undefined;
  const step = Math.max(1, Math.round(cell / pointsPerCell));
  const width = Math.ceil((box.right - box.left) / step);
  const height = Math.ceil((box.bottom - box.top) / step);
  const logits = splineLogits(
    mask,
    splineAxis(mask.width, box.left - region.x, step, across, width),
    splineAxis(mask.height, box.top - region.y, step, down, height),
  );
  const depth = depthOf(logits, width, height, cell / step);
  return { box, step, width, height, cell, depth };
}

/** Pixels of the cells above 0, beyond the picture too. */
function objectBox(mask: ObjectMask, across: number, down: number): PixelBox | undefined {
  let left = mask.width;
  let right = -1;
  let top = mask.height;
  let bottom = -1;
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < mask.width; x++) {
      if ((mask.logits[y * mask.width + x] ?? 0) <= 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  if (right < 0) return undefined;
  return {
    left: Math.floor(mask.region.x + left * across),
    right: Math.ceil(mask.region.x + (right + 1) * across),
    top: Math.floor(mask.region.y + top * down),
    bottom: Math.ceil(mask.region.y + (bottom + 1) * down),
  };
}

/** For each point of one axis its four cells and their shares; held beyond the region. */
interface SplineAxis {
  readonly cells: Int32Array;
  readonly shares: Float32Array;
}

/**
 * Catmull and Rom's cubic: through the cells' own logits, so that a part of one cell's width is
 * kept, with slopes that do not jump.
 */
function splineAxis(
  cells: number,
  start: number,
  step: number,
  cellLength: number,
  points: number,
): SplineAxis {
  const axis = { cells: new Int32Array(4 * points), shares: new Float32Array(4 * points) };
  for (let point = 0; point < points; point++) {
    const at = (start + (point + 0.5) * step) / cellLength - 0.5;
    const first = Math.floor(at) - 1;
    const t = at - first - 1;
    const rest = 1 - t;
    for (let k = 0; k < 4; k++) {
      axis.cells[4 * point + k] = Math.min(Math.max(first + k, 0), cells - 1);
    }
    axis.shares[4 * point] = (-t * rest * rest) / 2;
    axis.shares[4 * point + 1] = (2 - 5 * t * t + 3 * t * t * t) / 2;
    axis.shares[4 * point + 2] = (2 - 5 * rest * rest + 3 * rest * rest * rest) / 2;
    axis.shares[4 * point + 3] = (-rest * t * t) / 2;
  }
  return axis;
}

function splineLogits(mask: ObjectMask, columns: SplineAxis, rows: SplineAxis): Float32Array {
  const width = columns.cells.length / 4;
  const height = rows.cells.length / 4;
  const narrow = new Float32Array(width * mask.height);
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < width; x++) {
      narrow[y * width + x] = blendFour(mask.logits, y * mask.width, 1, columns, x);
    }
  }
  const logits = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      logits[y * width + x] = blendFour(narrow, x, width, rows, y);
    }
  }
  return logits;
}

function blendFour(
  from: Float32Array,
  start: number,
  stride: number,
  axis: SplineAxis,
  point: number,
): number {
  let sum = 0;
  for (let k = 4 * point; k < 4 * point + 4; k++) {
    sum += (axis.shares[k] ?? 0) * (from[start + stride * (axis.cells[k] ?? 0)] ?? 0);
  }
  return sum;
}

function depthOf(
  logits: Float32Array,
  width: number,
  height: number,
  pointsPerSide: number,
): Float32Array {
  const depth = new Float32Array(logits.length);
  for (let y = 0; y < height; y++) {
    const above = y > 0 ? width : 0;
    const below = y < height - 1 ? width : 0;
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const before = x > 0 ? 1 : 0;
      const after = x < width - 1 ? 1 : 0;
      const slopeX =
        ((logits[i + after] ?? 0) - (logits[i - before] ?? 0)) / Math.max(1, before + after);
      const slopeY =
        ((logits[i + below] ?? 0) - (logits[i - above] ?? 0)) /
        Math.max(1, (above + below) / width);
      const slope = Math.sqrt(slopeX * slopeX + slopeY * slopeY) * pointsPerSide;
      const cells = (logits[i] ?? 0) / (slope + 1e-6);
      depth[i] = Math.min(deepest, Math.max(-deepest, cells));
    }
  }
  return depth;
}

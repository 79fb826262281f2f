import { type Box, cellSide, maskSize, toCells, type View } from './view.ts';

/** Logits of one object on a view's mask cells, row by row; above 0 is object. */
export interface MaskGrid {
  readonly view: View;
  readonly width: number;
  readonly height: number;
  readonly logits: Float32Array;
}

/** The logit of what a view does not show. */
export const outsideLogit = -10;

/** A mask of the view with one logit everywhere. */
export function filledGrid(view: View, logit: number): MaskGrid {
  const { width, height } = maskSize(view);
  return { view, width, height, logits: new Float32Array(width * height).fill(logit) };
}

/** Cells above 0 as 0 or 1. */
export function positiveCells(grid: MaskGrid): Uint8Array {
  const cells = new Uint8Array(grid.logits.length);
  for (let i = 0; i < cells.length; i++) {
    cells[i] = (grid.logits[i] ?? 0) > 0 ? 1 : 0;
  }
  return cells;
}

/** Number of cells set. */
export function countCells(cells: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < cells.length; i++) {
    count += cells[i] ?? 0;
  }
  return count;
}

/** Area of the cells above 0, in pixels of the picture. */
export function areaInPixels(view: View, cells: number): number {
  return cells * cellSide(view) ** 2;
}

/** Smallest box round the cells set, in pixels of the picture; undefined where there is none. */
export function boxOfCells(cells: Uint8Array, view: View): Box | undefined {
  const { width, height } = maskSize(view);
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (cells[y * width + x] === 1) {
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = y;
      }
    }
  }
  if (right < 0) {
    return undefined;
  }
  const side = cellSide(view);
  return {
    x1: view.x + left * side,
    y1: view.y + top * side,
    x2: view.x + (right + 1) * side,
    y2: view.y + (bottom + 1) * side,
  };
}

/** For each target index the two source indices and the weight of the second; -1 outside. */
interface AxisMap {
  readonly low: Int32Array;
  readonly weight: Float32Array;
}

function axisMap(outputs: number, offset: number, step: number, inputs: number): AxisMap {
  const low = new Int32Array(outputs);
  const weight = new Float32Array(outputs);
  for (let i = 0; i < outputs; i++) {
    const at = offset + (i + 0.5) * step;
    if (at < 0 || at > inputs) {
      low[i] = -1;
      continue;
    }
    const clamped = Math.min(Math.max(at - 0.5, 0), inputs - 1);
    low[i] = Math.min(Math.floor(clamped), Math.max(0, inputs - 2));
    weight[i] = clamped - (low[i] ?? 0);
  }
  return { low, weight };
}

/** Bilinear sample of a plane through two axis maps; `outside` where a map says so. */
function sampleThrough(
  plane: Float32Array,
  size: { readonly width: number; readonly height: number },
  columns: AxisMap,
  rows: AxisMap,
  outside: number,
): Float32Array {
  const width = columns.low.length;
  const out = new Float32Array(width * rows.low.length);
  const stepRight = size.width > 1 ? 1 : 0;
  const stepDown = size.height > 1 ? size.width : 0;
  for (let y = 0; y < rows.low.length; y++) {
    const row = rows.low[y] ?? -1;
    const down = rows.weight[y] ?? 0;
    for (let x = 0; x < width; x++) {
      const column = columns.low[x] ?? -1;
      if (row < 0 || column < 0) {
        out[y * width + x] = outside;
        continue;
      }
      const at = row * size.width + column;
      const right = columns.weight[x] ?? 0;
      const above = (plane[at] ?? 0) * (1 - right) + (plane[at + stepRight] ?? 0) * right;
      const below =
        (plane[at + stepDown] ?? 0) * (1 - right) + (plane[at + stepDown + stepRight] ?? 0) * right;
      out[y * width + x] = above * (1 - down) + below * down;
    }
  }
  return out;
}

/** The same mask seen in another view: bilinear, {@link outsideLogit} where it was not seen. */
export function resampleGrid(grid: MaskGrid, view: View): MaskGrid {
  const { width, height } = maskSize(view);
  const step = cellSide(view) / cellSide(grid.view);
  const origin = toCells(grid.view, view.x, view.y);
  const columns = axisMap(width, origin.x, step, grid.width);
  const rows = axisMap(height, origin.y, step, grid.height);
  const logits = sampleThrough(grid.logits, grid, columns, rows, outsideLogit);
  return { view, width, height, logits };
}

/** A plane on the feature grid brought to the mask cells, 4 times as many each way (bilinear). */
export function enlargeFeaturePlane(plane: Float32Array, view: View): Float32Array {
  const { width, height } = maskSize(view);
  const size = { width: view.gridWidth, height: view.gridHeight };
  const columns = axisMap(width, 0, size.width / width, size.width);
  const rows = axisMap(height, 0, size.height / height, size.height);
  return sampleThrough(plane, size, columns, rows, 0);
}

/** Share of the mask cells of each feature cell (4x4) that are set, 0..1. */
export function featureCoverage(cells: Uint8Array, view: View): Float32Array {
  const { width, height } = maskSize(view);
  const coverage = new Float32Array(view.gridWidth * view.gridHeight);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y >> 2) * view.gridWidth + (x >> 2);
      coverage[at] = (coverage[at] ?? 0) + (cells[y * width + x] ?? 0) / 16;
    }
  }
  return coverage;
}

/** 1 for the mask cells whose centre lies in the picture. */
export function cellsInPicture(
  view: View,
  picture: { readonly width: number; readonly height: number },
): Uint8Array {
  const { width, height } = maskSize(view);
  const end = toCells(view, picture.width, picture.height);
  const columns = Math.min(width, Math.ceil(end.x - 0.5));
  const rows = Math.min(height, Math.ceil(end.y - 0.5));
  const inside = new Uint8Array(width * height);
  for (let y = 0; y < rows; y++) {
    inside.fill(1, y * width, y * width + columns);
  }
  return inside;
}

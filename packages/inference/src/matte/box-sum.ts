/** Buffers of a {@link boxSum}, kept between calls so that a fit of twenty planes makes none. */
export interface BoxScratch {
  rows: Float32Array;
  columns: Float64Array;
}

/** Scratch that grows to what it is used for. */
export function createBoxScratch(): BoxScratch {
  return { rows: new Float32Array(0), columns: new Float64Array(0) };
}

/** Size of a plane and of the window run over it. */
export interface BoxWindow {
  readonly width: number;
  readonly height: number;
  /** The window is `2 * radius + 1` wide and high, cut at the plane's borders. */
  readonly radius: number;
}

/** Replaces each value by the sum over the window round it; time does not depend on the radius. */
export function boxSum(plane: Float32Array, window: BoxWindow, scratch: BoxScratch): void {
  const { width, height } = window;
  if (scratch.rows.length < width * height) scratch.rows = new Float32Array(width * height);
  if (scratch.columns.length < width) scratch.columns = new Float64Array(width);
  sumAlongRows(plane, scratch.rows, window);
  sumAlongColumns(scratch.rows, plane, window, scratch.columns);
}

function sumAlongRows(from: Float32Array, to: Float32Array, window: BoxWindow): void {
  const { width, height, radius } = window;
  for (let y = 0; y < height; y++) {
    const start = y * width;
    const end = start + width;
    let sum = 0;
    for (let i = start; i < Math.min(start + radius, end); i++) sum += from[i] ?? 0;
    for (let i = start; i < end; i++) {
      if (i + radius < end) sum += from[i + radius] ?? 0;
      if (i - radius - 1 >= start) sum -= from[i - radius - 1] ?? 0;
      to[i] = sum;
    }
  }
}

/** Row by row with one running sum a column: the plane is read in the order it lies in memory. */
function sumAlongColumns(
  from: Float32Array,
  to: Float32Array,
  window: BoxWindow,
  sums: Float64Array,
): void {
  const { width, height, radius } = window;
  sums.fill(0, 0, width);
  for (let y = -radius; y < height; y++) {
    if (y + radius < height) addRow(sums, from, (y + radius) * width, width);
    if (y - radius - 1 >= 0) subtractRow(sums, from, (y - radius - 1) * width, width);
    if (y < 0) continue;
    for (let x = 0; x < width; x++) to[y * width + x] = sums[x] ?? 0;
  }
}

function addRow(sums: Float64Array, from: Float32Array, start: number, width: number): void {
  for (let x = 0; x < width; x++) sums[x] = (sums[x] ?? 0) + (from[start + x] ?? 0);
}

function subtractRow(sums: Float64Array, from: Float32Array, start: number, width: number): void {
  for (let x = 0; x < width; x++) sums[x] = (sums[x] ?? 0) - (from[start + x] ?? 0);
}

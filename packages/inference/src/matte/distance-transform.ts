/**
 * The nearest site of every pixel by Euclidean distance, as the site's index; -1 everywhere where
 * there is no site. Exact and linear in the number of pixels: Felzenszwalb and Huttenlocher,
 * "Distance transforms of sampled functions", Theory of Computing 8, 2012.
 */
export function nearestSites(sites: Uint8Array, width: number): Int32Array {
  const height = Math.floor(sites.length / width);
  const rowOf = nearestRows(sites, width, height);
  const nearest = new Int32Array(sites.length).fill(-1);
  const envelope = new LowerEnvelope(width);
  for (let y = 0; y < height; y++) {
    envelope.reset();
    for (let x = 0; x < width; x++) {
      const row = rowOf[y * width + x] ?? -1;
      if (row >= 0) envelope.add(x, (row - y) * (row - y));
    }
    if (envelope.isEmpty) continue;
    for (let x = 0; x < width; x++) {
      const column = envelope.owner(x);
      nearest[y * width + x] = (rowOf[y * width + column] ?? 0) * width + column;
    }
  }
  return nearest;
}

/** Row of the nearest site in the same column; -1 in columns without one. */
function nearestRows(sites: Uint8Array, width: number, height: number): Int32Array {
  const rowOf = new Int32Array(sites.length).fill(-1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (sites[i] !== 0) rowOf[i] = y;
      else if (y > 0) rowOf[i] = rowOf[i - width] ?? -1;
    }
  }
  for (let y = height - 2; y >= 0; y--) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const above = rowOf[i] ?? -1;
      const below = rowOf[i + width] ?? -1;
      if (below >= 0 && (above < 0 || below - y < y - above)) rowOf[i] = below;
    }
  }
  return rowOf;
}

/** The lower envelope of parabolas `(x - column)^2 + height` along one row, columns rising. */
class LowerEnvelope {
  readonly #columns: Int32Array;
  readonly #heights: Float64Array;
  /** Where each parabola begins to be the lowest. */
  readonly #starts: Float64Array;
  #count = 0;
  #at = 0;

  constructor(width: number) {
    this.#columns = new Int32Array(width);
    this.#heights = new Float64Array(width);
    this.#starts = new Float64Array(width);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  reset(): void {
    this.#count = 0;
    this.#at = 0;
  }

  add(column: number, height: number): void {
    let start = -Infinity;
    while (this.#count > 0) {
      const other = this.#columns[this.#count - 1] ?? 0;
      const otherHeight = this.#heights[this.#count - 1] ?? 0;
      start = (height + column * column - otherHeight - other * other) / (2 * (column - other));
      if (start > (this.#starts[this.#count - 1] ?? 0)) break;
      this.#count--;
      start = -Infinity;
    }
    this.#columns[this.#count] = column;
    this.#heights[this.#count] = height;
    this.#starts[this.#count] = start;
    this.#count++;
  }

  /** Column of the lowest parabola at `x`; to be asked in rising order. */
  owner(x: number): number {
    while (this.#at + 1 < this.#count && (this.#starts[this.#at + 1] ?? 0) < x) this.#at++;
    return this.#columns[this.#at] ?? 0;
  }
}

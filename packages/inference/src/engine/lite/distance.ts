const far = 1e20;

/** Lower envelope of parabolas along one line: squared distances in place (Felzenszwalb 2012). */
function transformLine(
  values: Float64Array,
  length: number,
  vertices: Int32Array,
  bounds: Float64Array,
  out: Float64Array,
): void {
  let k = 0;
  vertices[0] = 0;
  bounds[0] = -far;
  bounds[1] = far;
  for (let q = 1; q < length; q++) {
    let cross = crossing(values, vertices[k] ?? 0, q);
    while (k > 0 && cross <= (bounds[k] ?? 0)) {
      k--;
      cross = crossing(values, vertices[k] ?? 0, q);
    }
    k++;
    vertices[k] = q;
    bounds[k] = cross;
    bounds[k + 1] = far;
  }
  k = 0;
  for (let q = 0; q < length; q++) {
    while ((bounds[k + 1] ?? far) < q) {
      k++;
    }
    const vertex = vertices[k] ?? 0;
    out[q] = (q - vertex) ** 2 + (values[vertex] ?? 0);
  }
}

function crossing(values: Float64Array, p: number, q: number): number {
  return ((values[q] ?? 0) + q * q - ((values[p] ?? 0) + p * p)) / (2 * (q - p));
}

/**
 * Exact Euclidean distance, in cells, from every cell to the nearest cell of `cells` equal to
 * `target`; {@link Infinity}-like 1e10 where there is none. Beyond the grid there is nothing.
 */
export function distanceTo(
  cells: Uint8Array,
  width: number,
  height: number,
  target: 0 | 1,
): Float32Array {
  const longest = Math.max(width, height);
  const squared = new Float64Array(width * height);
  const line = new Float64Array(longest);
  const result = new Float64Array(longest);
  const vertices = new Int32Array(longest + 1);
  const bounds = new Float64Array(longest + 2);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      line[y] = cells[y * width + x] === target ? 0 : far;
    }
    transformLine(line, height, vertices, bounds, result);
    for (let y = 0; y < height; y++) {
      squared[y * width + x] = result[y] ?? 0;
    }
  }
  const distance = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    line.set(squared.subarray(y * width, (y + 1) * width));
    transformLine(line, width, vertices, bounds, result);
    for (let x = 0; x < width; x++) {
      distance[y * width + x] = Math.sqrt(result[x] ?? 0);
    }
  }
  return distance;
}

/** A rectangle of float32 values, rows from the top. */
export interface ValueGrid {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/**
 * A grid resized bilinearly, with the kernel widened where it shrinks. Along rows first, in float32
 * throughout, as PyTorch's `interpolate` does with `antialias`: a value right at a threshold falls on
 * the same side.
 */
export function resizeSmoothly(grid: ValueGrid, width: number, height: number): ValueGrid {
  const wide = grid.width === width ? grid : resizeRows(grid, width);
  return wide.height === height ? wide : resizeColumns(wide, height);
}

/** Weights of the inputs `first`, `first + 1`, … of one output. */
interface Taps {
  readonly first: number;
  readonly weights: Float32Array;
}

function tapsOf(input: number, output: number): Taps[] {
  const scale = Math.fround(input / output);
  const support = Math.max(1, scale);
  const narrowing = Math.fround(1 / support);
  return Array.from({ length: output }, (_, index) => {
    const center = Math.fround(scale * (index + 0.5));
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(input, Math.trunc(center + support + 0.5));
    const weights = new Float32Array(Math.max(0, end - first));
    let sum = 0;
    for (let k = 0; k < weights.length; k += 1) {
      const distance = Math.fround((Math.fround(k + first - center) + 0.5) * narrowing);
      weights[k] = Math.max(0, 1 - Math.abs(distance));
      sum = Math.fround(sum + (weights[k] ?? 0));
    }
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

function resizeRows({ width, height, values }: ValueGrid, output: number): ValueGrid {
  const taps = tapsOf(width, output);
  const resized = new Float32Array(output * height);
  for (let y = 0; y < height; y += 1) {
    taps.forEach(({ first, weights }, x) => {
      resized[y * output + x] = weigh(values, y * width + first, 1, weights);
    });
  }
  return { width: output, height, values: resized };
}

function resizeColumns({ width, height, values }: ValueGrid, output: number): ValueGrid {
  const resized = new Float32Array(width * output);
  tapsOf(height, output).forEach(({ first, weights }, y) => {
    for (let x = 0; x < width; x += 1) {
      resized[y * width + x] = weigh(values, first * width + x, width, weights);
    }
  });
  return { width, height: output, values: resized };
}

/**
 * A weighted sum with the roundings of PyTorch's compiled loop: of each whole four products after
 * the first, every product is rounded before it is added; what is left is multiplied and added at
 * once.
 */
function weigh(values: Float32Array, start: number, step: number, weights: Float32Array): number {
  const count = weights.length;
  const fused = count - ((count - 1) % 4);
  let sum = 0;
  for (let k = 0; k < count; k += 1) {
    const product = (values[start + k * step] ?? 0) * (weights[k] ?? 0);
    sum = Math.fround(sum + (k < fused ? Math.fround(product) : product));
  }
  return sum;
}

import { distanceTo } from '../../src/engine/lite/distance.ts';

/** A binary mask of a picture: 1 is object. */
export interface BinaryMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Region similarity J: intersection over union, 1 where both are empty (DAVIS 2016). */
export function regionSimilarity(mask: BinaryMask, truth: BinaryMask): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < truth.data.length; i++) {
    both += (mask.data[i] ?? 0) & (truth.data[i] ?? 0);
    either += (mask.data[i] ?? 0) | (truth.data[i] ?? 0);
  }
  return either === 0 ? 1 : both / either;
}

/** Pixels where a mask differs from its neighbour to the right, below, or both (DAVIS 2016). */
function boundary({ width, height, data }: BinaryMask): Uint8Array {
  const edge = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const right = x + 1 < width ? 1 : 0;
      const below = y + 1 < height ? width : 0;
      const here = data[at];
      edge[at] =
        here !== data[at + right] || here !== data[at + below] || here !== data[at + right + below]
          ? 1
          : 0;
    }
  }
  return edge;
}

/** Share of the edge's pixels within `radius` of the other edge; undefined where it has none. */
function matched(edge: Uint8Array, distance: Float32Array, radius: number): number | undefined {
  let count = 0;
  let near = 0;
  for (let i = 0; i < edge.length; i++) {
    if (edge[i] === 1) {
      count++;
      near += (distance[i] ?? 0) <= radius ? 1 : 0;
    }
  }
  return count === 0 ? undefined : near / count;
}

/** Contour accuracy F with a tolerance of .008 of the picture's diagonal (DAVIS 2016). */
export function contourAccuracy(mask: BinaryMask, truth: BinaryMask): number {
  const { width, height } = truth;
  const radius = Math.ceil(0.008 * Math.hypot(width, height));
  const found = boundary(mask);
  const real = boundary(truth);
  const precision = matched(found, distanceTo(real, width, height, 1), radius);
  const recall = matched(real, distanceTo(found, width, height, 1), radius);
  if (precision === undefined || recall === undefined) {
    return precision === recall ? 1 : 0;
  }
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/** Mean of numbers; NaN of none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

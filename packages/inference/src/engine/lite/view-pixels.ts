import type { Frame } from '../../media/clip.ts';
import type { ViewPixels } from './networks.ts';
import { featureCell, type View } from './view.ts';

/** MobileSAM's pixel mean and standard deviation, RGB on 0..255. */
const pixelMean = [123.675, 116.28, 103.53] as const;
const pixelDeviation = [58.395, 57.12, 57.375] as const;

/** For each output pixel the input pixels it is made of: `count` from `first`, with weights. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float32Array;
  readonly stride: number;
}

/**
 * Taps of a triangle filter along one axis: bilinear where the picture is enlarged, widened to
 * cover every input pixel where it is made smaller.
 */
function triangleTaps(origin: number, scale: number, outputs: number, inputs: number): Taps {
  const radius = Math.max(1, 1 / scale);
  const stride = Math.ceil(2 * radius) + 1;
  const first = new Int32Array(outputs);
  const count = new Int32Array(outputs);
  const weights = new Float32Array(outputs * stride);
  for (let i = 0; i < outputs; i++) {
    const centre = origin + (i + 0.5) / scale - 0.5;
    const low = Math.max(0, Math.ceil(centre - radius + 1e-6));
    const high = Math.min(inputs - 1, Math.floor(centre + radius - 1e-6));
    first[i] = Math.min(low, inputs - 1);
    count[i] = Math.max(1, high - low + 1);
    let sum = 0;
    for (let k = low; k <= high; k++) {
      const weight = Math.max(0, 1 - Math.abs(k - centre) / radius);
      weights[i * stride + k - low] = weight;
      sum += weight;
    }
    if (sum === 0) {
      weights[i * stride] = 1;
      sum = 1;
    }
    for (let k = 0; k < stride; k++) {
      weights[i * stride + k] = (weights[i * stride + k] ?? 0) / sum;
    }
  }
  return { first, count, weights, stride };
}

/** One row of the frame resampled along x, into planar [3][width]. */
function resampleRow(rgb: Uint8Array, rowStart: number, taps: Taps, out: Float32Array): void {
  const width = taps.first.length;
  for (let i = 0; i < width; i++) {
    let at = rowStart + (taps.first[i] ?? 0) * 3;
    const base = i * taps.stride;
    const end = base + (taps.count[i] ?? 0);
    let r = 0;
    let g = 0;
    let b = 0;
    for (let k = base; k < end; k++) {
      const weight = taps.weights[k] ?? 0;
      r += weight * (rgb[at] ?? 0);
      g += weight * (rgb[at + 1] ?? 0);
      b += weight * (rgb[at + 2] ?? 0);
      at += 3;
    }
    out[i] = r;
    out[width + i] = g;
    out[2 * width + i] = b;
  }
}

/** Output pixels of one axis that lie in the picture. */
function pixelsInside(origin: number, extent: number, scale: number, cells: number): number {
  return Math.max(1, Math.min(cells * featureCell, Math.round((extent - origin) * scale)));
}

/**
 * A frame's view as the encoder takes it: resampled to [3][16*gridHeight][16*gridWidth],
 * normalised, zero where the view reaches beyond the picture.
 */
export function viewPixels(frame: Frame, view: View): ViewPixels {
  const width = view.gridWidth * featureCell;
  const height = view.gridHeight * featureCell;
  const insideX = pixelsInside(view.x, frame.width, view.scale, view.gridWidth);
  const insideY = pixelsInside(view.y, frame.height, view.scale, view.gridHeight);
  const columns = triangleTaps(view.x, view.scale, insideX, frame.width);
  const rows = triangleTaps(view.y, view.scale, insideY, frame.height);
  const data = new Float32Array(3 * width * height);
  // Rows resampled along x are kept in a ring just deep enough for the filter along y.
  const ring = Array.from({ length: rows.stride }, () => new Float32Array(3 * insideX));
  let ready = rows.first[0] ?? 0;
  for (let j = 0; j < insideY; j++) {
    const first = rows.first[j] ?? 0;
    const count = rows.count[j] ?? 0;
    for (ready = Math.max(ready, first); ready < first + count; ready++) {
      resampleRow(frame.rgb, ready * frame.width * 3, columns, rowOf(ring, ready));
    }
    for (let channel = 0; channel < 3; channel++) {
      const out = data.subarray(channel * width * height + j * width);
      for (let k = 0; k < count; k++) {
        const weight = rows.weights[j * rows.stride + k] ?? 0;
        addRow(out, rowOf(ring, first + k), channel * insideX, insideX, weight);
      }
      normaliseRow(out, insideX, channel);
    }
  }
  return { width, height, data };
}

function rowOf(ring: readonly Float32Array[], row: number): Float32Array {
  return ring[row % ring.length] ?? new Float32Array(0);
}

function addRow(
  out: Float32Array,
  row: Float32Array,
  offset: number,
  length: number,
  weight: number,
): void {
  for (let i = 0; i < length; i++) {
    out[i] = (out[i] ?? 0) + weight * (row[offset + i] ?? 0);
  }
}

function normaliseRow(out: Float32Array, length: number, channel: number): void {
  const mean = pixelMean[channel] ?? 0;
  const scale = 1 / (pixelDeviation[channel] ?? 1);
  for (let i = 0; i < length; i++) {
    out[i] = ((out[i] ?? 0) - mean) * scale;
  }
}

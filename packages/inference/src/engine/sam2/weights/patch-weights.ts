import { resizeBicubic } from './bicubic.ts';

/** Mean and spread of the training pictures, of channels in 0..1. */
const mean = [0.485, 0.456, 0.406] as const;
const spread = [0.229, 0.224, 0.225] as const;

const kernel = 7;
const stride = 4;
/** Two blocks of 4 x 4 pixels cover the kernel in each direction; their first row is not used. */
const covered = 2 * stride;
const channels = 3;

/** Values of one patch: four blocks of 4 x 4 pixels of three channels. */
export const patchValues = covered * covered * channels;

/**
 * The patch embedding as a matrix over 8-bit pixels, [out][patchValues]: a convolution of 7 x 7 and
 * stride 4 with the spread of the training pictures in it. A patch is its four blocks row after
 * row, each 4 x 4 pixels of three channels.
 * @param weight [out][3][7][7]
 */
export function patchMatrix(weight: Float32Array): Float32Array {
  const taps = channels * kernel * kernel;
  const outputs = weight.length / taps;
  const matrix = new Float32Array(outputs * patchValues);
  forEachTap((channel, y, x) => {
    const from = (channel * kernel + y) * kernel + x;
    const to = placeInPatch(channel, y + 1, x + 1);
    for (let output = 0; output < outputs; output += 1) {
      matrix[output * patchValues + to] =
        (weight[output * taps + from] ?? 0) / (255 * (spread[channel] ?? 1));
    }
  });
  return matrix;
}

/** Index in a patch of a pixel of the 8 x 8 it covers. */
function placeInPatch(channel: number, y: number, x: number): number {
  const block = Math.floor(y / stride) * 2 + Math.floor(x / stride);
  return ((block * stride + (y % stride)) * stride + (x % stride)) * channels + channel;
}

function forEachTap(visit: (channel: number, y: number, x: number) => void): void {
  for (let channel = 0; channel < channels; channel += 1) {
    for (let y = 0; y < kernel; y += 1) {
      for (let x = 0; x < kernel; x += 1) visit(channel, y, x);
    }
  }
}

/** What the patch embedding's constants are made of. */
export interface PatchSources {
  /** [out][3][7][7] */
  readonly weight: Float32Array;
  /** [out] */
  readonly bias: Float32Array;
  /** [out][positionSide][positionSide]: the background, resized to the map. */
  readonly background: Float32Array;
  /** [out][window][window]: repeated over the map. */
  readonly window: Float32Array;
}

/**
 * What is added to each token of the patch embedding, [tokens][out] in windows of 8 x 8 tokens: its
 * position, the bias, and the mean of the training pictures under those taps of the kernel that lie
 * in the picture, so that what lies beyond it counts as that mean.
 * @param side of the map in tokens, a multiple of the windows' side
 */
export function patchOffsets(sources: PatchSources, side: number): Float32Array {
  const outputs = sources.bias.length;
  const windowSide = Math.sqrt(sources.window.length / outputs);
  const positionSide = Math.sqrt(sources.background.length / outputs);
  const background = resizeBicubic(sources.background, positionSide, side);
  const means = tapMeans(sources.weight, outputs);
  const offsets = new Float32Array(side * side * outputs);
  for (let token = 0; token < side * side; token += 1) {
    const { x, y } = placeInWindows(token, side, windowSide);
    // Only the first row and column of tokens reach over the edge.
    const edge = means[(y === 0 ? 2 : 0) + (x === 0 ? 1 : 0)] ?? [];
    const inWindow = (y % windowSide) * windowSide + (x % windowSide);
    for (let output = 0; output < outputs; output += 1) {
      offsets[token * outputs + output] =
        (background[(output * side + y) * side + x] ?? 0) +
        (sources.window[output * windowSide * windowSide + inWindow] ?? 0) +
        (sources.bias[output] ?? 0) -
        (edge[output] ?? 0);
    }
  }
  return offsets;
}

/** Row and column of a token whose map lies window after window. */
function placeInWindows(token: number, side: number, window: number): { x: number; y: number } {
  const area = window * window;
  const across = side / window;
  const nth = Math.floor(token / area);
  const inside = token % area;
  return {
    x: (nth % across) * window + (inside % window),
    y: Math.floor(nth / across) * window + Math.floor(inside / window),
  };
}

/** The mean picture under the kernel: whole, without first columns, without first rows, without both. */
function tapMeans(weight: Float32Array, outputs: number): Float64Array[] {
  const taps = channels * kernel * kernel;
  const pad = (kernel - 1) / 2;
  return [false, true].flatMap((top) =>
    [false, true].map((left) => {
      const sums = new Float64Array(outputs);
      forEachTap((channel, y, x) => {
        if ((top && y < pad) || (left && x < pad)) return;
        const value = (mean[channel] ?? 0) / (spread[channel] ?? 1);
        const tap = (channel * kernel + y) * kernel + x;
        for (let output = 0; output < outputs; output += 1) {
          sums[output] = (sums[output] ?? 0) + (weight[output * taps + tap] ?? 0) * value;
        }
      });
      return sums;
    }),
  );
}

import type { ViewFeatures } from './networks.ts';

/** Channels of the embedding and of stage 1. */
const sources = [256, 128] as const;
/** Features of a cell: both sources and a constant 1. */
export const featureCount = 385;

/** What the target model knows of each cell: planar [385][cells], the last plane all 1. */
export interface CellFeatures {
  readonly cells: number;
  readonly data: Float32Array;
}

/** Mean of each of the 384 channels over the cells. */
export function channelMeans(features: ViewFeatures): Float32Array {
  const cells = features.gridWidth * features.gridHeight;
  const means = new Float32Array(featureCount - 1);
  let row = 0;
  for (const source of [features.embedding, features.stage1]) {
    for (let at = 0; at < source.length; at += cells) {
      let sum = 0;
      for (let i = at; i < at + cells; i++) {
        sum += source[i] ?? 0;
      }
      means[row++] = sum / cells;
    }
  }
  return means;
}

/**
 * Cell features for the target model: each source less the given channel means, scaled to length
 * 1 in every cell, one under the other, and a plane of ones.
 */
export function cellFeatures(features: ViewFeatures, means: Float32Array): CellFeatures {
  const cells = features.gridWidth * features.gridHeight;
  const data = new Float32Array(featureCount * cells);
  let row = 0;
  for (const [index, source] of [features.embedding, features.stage1].entries()) {
    const channels = sources[index] ?? 0;
    const out = data.subarray(row * cells, (row + channels) * cells);
    centreAndScale(source, means.subarray(row, row + channels), cells, out);
    row += channels;
  }
  data.fill(1, row * cells);
  return { cells, data };
}

function centreAndScale(
  source: Float32Array,
  means: Float32Array,
  cells: number,
  out: Float32Array,
): void {
  const lengths = new Float32Array(cells);
  for (let channel = 0; channel < means.length; channel++) {
    const mean = means[channel] ?? 0;
    const at = channel * cells;
    for (let i = 0; i < cells; i++) {
      const value = (source[at + i] ?? 0) - mean;
      out[at + i] = value;
      lengths[i] = (lengths[i] ?? 0) + value * value;
    }
  }
  for (let i = 0; i < cells; i++) {
    lengths[i] = 1 / (Math.sqrt(lengths[i] ?? 0) + 1e-6);
  }
  for (let at = 0; at < out.length; at += cells) {
    for (let i = 0; i < cells; i++) {
      out[at + i] = (out[at + i] ?? 0) * (lengths[i] ?? 0);
    }
  }
}

/** The linear model's score of every cell. */
export function scoreCells(features: CellFeatures, model: Float64Array): Float32Array {
  const { cells, data } = features;
  const score = new Float32Array(cells);
  for (let channel = 0; channel < featureCount; channel++) {
    const weight = model[channel] ?? 0;
    const at = channel * cells;
    for (let i = 0; i < cells; i++) {
      score[i] = (score[i] ?? 0) + weight * (data[at + i] ?? 0);
    }
  }
  return score;
}

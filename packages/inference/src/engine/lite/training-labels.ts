import { distanceTo } from './distance.ts';
import { featureCoverage } from './mask-grid.ts';
import type { View } from './view.ts';

/** What the target model is to learn from one frame, by feature cell. */
export interface TrainingLabels {
  /** -1 background to 1 object. */
  readonly target: Float32Array;
  /** Weights of the cells: those of object cells sum to .5, those of the others to .5. */
  readonly weight: Float32Array;
}

/** Share of a cell that must be object for it to count as an object cell. */
const objectShare = 0.05;
/** Background this near the object, in mask cells of a 1024 input, counts in full. */
const nearCells = 32;
const farWeight = 0.35;

/**
 * Targets and weights of one frame's mask. `cells` are mask cells, `inside` those in the picture,
 * `emphasis` an optional factor on each feature cell's weight (clicked and corrected cells).
 */
export function trainingLabels(
  cells: Uint8Array,
  inside: Uint8Array,
  view: View,
  emphasis?: Float32Array,
): TrainingLabels {
  const coverage = featureCoverage(cells, view);
  const seen = featureCoverage(inside, view);
  const object = Uint8Array.from(coverage, (share) => (share > objectShare ? 1 : 0));
  const distance = distanceTo(object, view.gridWidth, view.gridHeight, 1);
  const near = nearCells / 4;
  const target = new Float32Array(coverage.length);
  const weight = new Float32Array(coverage.length);
  const sums = [0, 0];
  for (let i = 0; i < target.length; i++) {
    target[i] = 2 * (coverage[i] ?? 0) - 1;
    const plain = object[i] === 1 || (distance[i] ?? 0) <= near ? 1 : farWeight;
    weight[i] = (seen[i] ?? 0) > 0.5 ? plain * (emphasis?.[i] ?? 1) : 0;
    const side = object[i] ?? 0;
    sums[side] = (sums[side] ?? 0) + (weight[i] ?? 0);
  }
  for (let i = 0; i < weight.length; i++) {
    weight[i] = ((weight[i] ?? 0) * 0.5) / Math.max(sums[object[i] ?? 0] ?? 0, 1e-9);
  }
  return { target, weight };
}

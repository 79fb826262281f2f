import { describe, expect, it } from 'vitest';
import { type CellFeatures, featureCount, scoreCells } from './cell-features.ts';
import { createFitRunner } from './fit-runner.ts';
import { blendSums, type FitSums, lowerTriangle, solveRidge } from './ridge.ts';

/** Numbers in -1..1 that are the same on every run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function sumsOf(rows: readonly (readonly number[])[], target: readonly number[]): FitSums {
  const size = rows.length;
  const gram = new Float32Array(size * size);
  const moment = new Float32Array(size);
  for (const [i, a] of rows.entries()) {
    moment[i] = a.reduce((sum, value, k) => sum + value * (target[k] ?? 0), 0);
    for (const [j, b] of rows.entries()) {
      gram[i * size + j] = a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0);
    }
  }
  return { size, gram: lowerTriangle(gram, size), moment };
}

describe('solveRidge', () => {
  it.each([1, 5, 14])(
    'finds the %d weights that made the targets when nothing holds them back',
    (count) => {
      const next = noise(7);
      const rows = [...Array.from({ length: count }, () => Array.from({ length: 60 }, next))];
      rows.push(new Array<number>(60).fill(1));
      const truth = rows.map(() => 3 * next());
      const target = Array.from({ length: 60 }, (_, k) =>
        rows.reduce((sum, row, i) => sum + (row[k] ?? 0) * (truth[i] ?? 0), 0),
      );
      const weights = solveRidge(sumsOf(rows, target), 0);
      for (const [i, weight] of weights.entries()) {
        expect(weight).toBeCloseTo(truth[i] ?? 0, 4);
      }
    },
  );

  it('holds back every weight but the constant one', () => {
    const rows = [
      [1, -1, 1, -1],
      [1, 1, 1, 1],
    ];
    const weights = solveRidge(sumsOf(rows, [3, 1, 3, 1]), 4);
    expect(weights[0]).toBeCloseTo(4 / (4 + 4), 6);
    expect(weights[1]).toBeCloseTo(2, 6);
  });

  it('fits two sets of cells together by their summed sums', () => {
    const a = sumsOf([[1, 2, 3]], [2, 4, 6]);
    const b = sumsOf([[1, 2, 3]], [4, 8, 12]);
    expect(solveRidge(blendSums(a, b, 0.25), 0)[0]).toBeCloseTo(2.5, 6);
  });
});

describe('createFitRunner', () => {
  it('gives the sums from which features separate a labelled half from the other', async () => {
    const cells = 64;
    const next = noise(3);
    const data = Float32Array.from({ length: featureCount * cells }, () => 0.05 * next());
    const target = new Float32Array(cells);
    for (let i = 0; i < cells; i++) {
      const object = i % 2 === 0;
      target[i] = object ? 1 : -1;
      data[10 * cells + i] = object ? 1 : 0;
      data[(featureCount - 1) * cells + i] = 1;
    }
    const weight = new Float32Array(cells).fill(1 / cells);
    const features: CellFeatures = { cells, data };
    const runner = await createFitRunner(1);
    const sums = await runner.sums(features, { target, weight });
    await runner.dispose();
    const model = solveRidge(sums, 1e-3);
    const score = scoreCells(features, model);
    for (let i = 0; i < cells; i++) {
      expect(Math.sign(score[i] ?? 0)).toBe(target[i]);
      expect(Math.abs((score[i] ?? 0) - (target[i] ?? 0))).toBeLessThan(0.3);
    }
  });
});

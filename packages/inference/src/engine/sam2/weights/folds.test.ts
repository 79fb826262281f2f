import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evenRowsFirst, foldBias, foldWeights } from './folds.ts';

const value = fc.double({ min: -2, max: 2, noNaN: true });
const side = fc.integer({ min: 1, max: 5 });

function apply(weight: Float32Array, bias: Float32Array, x: readonly number[]): number[] {
  return Array.from(bias, (start, row) =>
    x.reduce((sum, at, column) => sum + at * (weight[row * x.length + column] ?? 0), start),
  );
}

test('two layers folded into one do what they do one after the other', () => {
  const layers = fc.tuple(side, side, side).chain(([inputs, middle, outputs]) =>
    fc.record({
      x: fc.array(value, { minLength: inputs, maxLength: inputs }),
      inner: fc.float32Array({
        minLength: middle * inputs,
        maxLength: middle * inputs,
        min: -2,
        max: 2,
        noNaN: true,
      }),
      innerBias: fc.float32Array({
        minLength: middle,
        maxLength: middle,
        min: -2,
        max: 2,
        noNaN: true,
      }),
      outer: fc.float32Array({
        minLength: outputs * middle,
        maxLength: outputs * middle,
        min: -2,
        max: 2,
        noNaN: true,
      }),
      outerBias: fc.float32Array({
        minLength: outputs,
        maxLength: outputs,
        min: -2,
        max: 2,
        noNaN: true,
      }),
    }),
  );
  fc.assert(
    fc.property(layers, ({ x, inner, innerBias, outer, outerBias }) => {
      const apart = apply(outer, outerBias, apply(inner, innerBias, x));
      const folded = apply(
        foldWeights(outer, inner, x.length),
        foldBias(outer, outerBias, innerBias),
        x,
      );
      folded.forEach((result, at) => {
        expect(result).toBeCloseTo(apart[at] ?? Number.NaN, 4);
      });
    }),
  );
});

test('even rows come first, then odd ones, whole and in order', () => {
  const rows = [0, 0, 1, 1, 2, 2, 3, 3];
  expect([...evenRowsFirst(Float32Array.from(rows), 4)]).toEqual([0, 0, 2, 2, 1, 1, 3, 3]);
  expect([...evenRowsFirst(Float32Array.of(5, 6, 7, 8), 4)]).toEqual([5, 7, 6, 8]);
});

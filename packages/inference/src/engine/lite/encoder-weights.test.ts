import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldNorm, groupHeads, type Linear, quantiseColumns } from './encoder-weights.ts';

function floats(length: number) {
  return fc
    .array(fc.float({ noNaN: true, min: -4, max: 4 }), { minLength: length, maxLength: length })
    .map((values) => Float32Array.from(values));
}

function linear(inner: number, outer: number): fc.Arbitrary<Linear> {
  return fc
    .tuple(floats(inner * outer), floats(outer))
    .map(([weight, bias]) => ({ inner, outer, weight, bias }));
}

function apply(map: Linear, x: Float32Array): number[] {
  return Array.from(map.bias, (bias, column) =>
    x.reduce((sum, value, row) => sum + value * (map.weight[row * map.outer + column] ?? 0), bias),
  );
}

test('a folded norm gives what scale, shift and product gave', () => {
  fc.assert(
    fc.property(linear(3, 4), floats(3), floats(3), floats(3), (map, gamma, beta, x) => {
      const scaled = x.map((value, at) => value * (gamma[at] ?? 0) + (beta[at] ?? 0));
      const folded = apply(foldNorm(map, gamma, beta), x);
      apply(map, scaled).forEach((value, column) => {
        expect(folded[column]).toBeCloseTo(value, 3);
      });
    }),
  );
});

test('columns grouped by head are grouped by query, key and value', () => {
  const names = [
    '0q0',
    '0q1',
    '0k0',
    '0k1',
    '0v0',
    '0v1',
    '1q0',
    '1q1',
    '1k0',
    '1k1',
    '1v0',
    '1v1',
  ];
  const weight = Float32Array.from({ length: 24 }, (_, at) => at);
  const bias = Float32Array.from({ length: 12 }, (_, at) => at);
  const grouped = groupHeads({ inner: 2, outer: 12, weight, bias }, 2);
  expect(Array.from(grouped.bias, (at) => names[at])).toEqual([
    ...['0q0', '0q1', '1q0', '1q1'],
    ...['0k0', '0k1', '1k0', '1k1'],
    ...['0v0', '0v1', '1v0', '1v1'],
  ]);
  expect(Array.from(grouped.weight)).toEqual([
    ...grouped.bias,
    ...Array.from(grouped.bias, (at) => at + 12),
  ]);
});

test('a quantised weight is within half a step of its column', () => {
  fc.assert(
    fc.property(linear(5, 3), (map) => {
      const { quantised, scale } = quantiseColumns(map);
      map.weight.forEach((value, at) => {
        const step = scale[at % 3] ?? 0;
        expect(Math.abs((quantised[at] ?? 0) * step - value)).toBeLessThanOrEqual(step * 0.501);
      });
    }),
  );
});

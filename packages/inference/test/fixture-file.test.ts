import { expect, test } from 'vitest';
import { readFixture, samplePlaces } from './support/fixture-file.ts';
import { madeUnits } from './support/made-weights.ts';
import { moduleCases } from './support/module-cases.ts';

const decoder = readFixture('decoder');

test('a whole array of a fixture has no error against itself, and its own against a changed one', () => {
  const pointers = decoder.read('box.pointers');
  expect(pointers.length).toBe(4 * 256);
  expect(decoder.compare('box.pointers', pointers).relative).toBe(0);
  const changed = pointers.slice();
  changed[700] = (changed[700] ?? 0) + 0.5;
  const { relative, range } = decoder.compare('box.pointers', changed);
  expect(relative).toBeCloseTo(0.5 / range, 6);
});

test('an array kept as samples is compared at its samples and by minimum, maximum and mean', () => {
  const size = 64 * 64;
  const samples = decoder.read('box.masks.2');
  const [stated, min = 0, max = 0] = decoder.read('box.masks.2.stats');
  expect(stated).toBe(size);
  // As far as samples tell: the rest of the array lies in the middle.
  const guess = new Float32Array(size).fill((min + max) / 2);
  const places = samplePlaces(size, samples.length);
  places.forEach((at, index) => {
    guess[at] = samples[index] ?? 0;
  });
  const close = decoder.compare('box.masks.2', guess);
  expect(close.relative).toBeLessThan(0.5);
  guess[places[5] ?? 0] = max + (max - min);
  expect(decoder.compare('box.masks.2', guess).relative).toBeGreaterThan(0.99);
});

test('neither an array of another size nor one with a NaN passes for equal', () => {
  expect(() => decoder.compare('box.ious', new Float32Array(3))).toThrow(
    'expected 4 values, got 3',
  );
  expect(() => decoder.compare('box.masks.0', new Float32Array(7))).toThrow(
    'expected 4096 values, got 7',
  );
  const ious = decoder.read('box.ious').fill(Number.NaN, 1, 2);
  expect(decoder.compare('box.ious', ious).relative).toBeNaN();
});

test('samples lie all over an array, at no regular distance', () => {
  const places = samplePlaces(65536, 4096);
  expect(Math.min(...places)).toBeLessThan(64);
  expect(Math.max(...places)).toBeGreaterThan(65536 - 64);
  expect(new Set(places.map((at) => at % 256)).size).toBe(256);
  expect(madeUnits('samples', 2)).toEqual(madeUnits('samples', 4096).slice(0, 2));
});

test('no array of the fixtures is constant', () => {
  for (const name of ['encoder', 'attention', 'memory', 'decoder', 'shrink']) {
    const fixture = readFixture(name);
    for (const array of fixture.names.filter((one) => !one.endsWith('.score'))) {
      expect(new Set(fixture.read(array)).size, `${name} ${array}`).toBeGreaterThan(3);
    }
  }
});

test('every case of a module has its arrays', () => {
  const arrays = {
    encoder: ['.fine', '.middle', '.image'],
    attention: [''],
    memory: [''],
    decoder: ['.masks.0', '.masks.1', '.masks.2', '.masks.3', '.ious', '.score', '.pointers'],
    shrink: [''],
  } as const;
  for (const [kind, endings] of Object.entries(arrays)) {
    const fixture = readFixture(kind);
    const cases = Object.entries(moduleCases).flatMap(([name, list]) =>
      name === kind ? list : [],
    );
    const names = cases.flatMap((one) => endings.map((ending) => `${one.name}${ending}`));
    expect(fixture.names.filter((name) => !name.endsWith('.stats')).sort(byName)).toEqual(
      names.sort(byName),
    );
  }
});

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}

import { expect } from 'vitest';
import { type Fixture, readFixture, samplePlaces } from './fixture-file.ts';
import type { Said } from './play-scenario.ts';

/** What the reference said in a scenario. */
export interface SaidFixture {
  /** Call, frame and object of each mask, in order. */
  readonly where: readonly (readonly number[])[];
  /** Largest errors; presence of every mask has to agree. */
  compare(said: readonly Said[]): SaidErrors;
  /** The same for some of the masks, by their numbers. */
  compareAt(rows: readonly number[], said: readonly Said[]): SaidErrors;
}

export interface SaidErrors {
  /** Of logits, and their minima, maxima and means, over the range of all there are of objects that are there. */
  readonly logits: number;
  /** Of scores over their range, or 1 where that is smaller. */
  readonly scores: number;
}

/** Scores at and below this are of objects that nothing was said of. */
const nothingSaid = -1024;

/** Reads `test/sam2/fixtures/<name>.safetensors`, which `reference/write_scenarios.py` wrote. */
export function readSaid(name: string): SaidFixture {
  const kept = keptOf(readFixture(name));
  return {
    where: kept.map(({ where }) => [...where]),
    compare: (said) => compareSaid(kept, said),
    compareAt: (rows, said) =>
      compareSaid(
        rows.flatMap((row) => kept[row] ?? []),
        said,
      ),
  };
}

/** One mask of a fixture. */
interface Kept {
  readonly where: Float32Array;
  readonly score: number;
  /** Minimum, maximum, mean. */
  readonly figures: Float32Array;
  /** None of an object that is not there. */
  readonly samples: Float32Array;
}

function keptOf(fixture: Fixture): Kept[] {
  const scores = fixture.read('scores');
  const figures = rowsOf(fixture.read('stats'), 3);
  const where = rowsOf(fixture.read('where'), 3);
  const samples = fixture.read('logits');
  const length = samples.length / scores.filter((score) => score > 0).length;
  const rows = rowsOf(samples, length).values();
  const none = new Float32Array();
  return Array.from(scores, (score, at) => ({
    where: where[at] ?? none,
    score,
    figures: figures[at] ?? none,
    samples: score > 0 ? (rows.next().value ?? none) : none,
  }));
}

function compareSaid(kept: readonly Kept[], said: readonly Said[]): SaidErrors {
  expect(said.map(({ score }) => score > 0)).toEqual(kept.map(({ score }) => score > 0));
  const there = kept.filter(({ score }) => score > 0);
  const lowest = Math.min(...there.map(({ figures: [min = 0] }) => min));
  const highest = Math.max(...there.map(({ figures: [, max = 0] }) => max));
  const worst = kept.map(({ samples, figures }, at) => {
    const logits = said[at]?.logits ?? new Float32Array();
    return Math.max(
      difference(picked(logits, samples.length), samples),
      difference(figuresOf(logits), figures),
    );
  });
  return {
    logits: Math.max(...worst) / (highest - lowest),
    scores: scoreError(
      said.map(({ score }) => score),
      kept.map(({ score }) => score),
    ),
  };
}

function scoreError(actual: readonly number[], expected: readonly number[]): number {
  const known = expected.filter((score) => score > nothingSaid);
  const range = Math.max(...known) - Math.min(...known);
  return difference(actual, expected) / Math.max(1, range);
}

function picked(logits: Float32Array, count: number): number[] {
  return samplePlaces(logits.length, count).map((at) => logits[at] ?? Number.NaN);
}

function figuresOf(logits: Float32Array): number[] {
  let sum = 0;
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const logit of logits) {
    sum += logit;
    min = Math.min(min, logit);
    max = Math.max(max, logit);
  }
  return [min, max, sum / logits.length];
}

/** Infinity where one has more values or a NaN. */
function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let at = 0; at < expected.length; at += 1) {
    const error = Math.abs((actual[at] ?? Number.NaN) - (expected[at] ?? Number.NaN));
    if (Number.isNaN(error)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, error);
  }
  return largest;
}

function rowsOf(values: Float32Array, length: number): Float32Array[] {
  if (values.length === 0) return [];
  return Array.from({ length: values.length / length }, (_, row) =>
    values.subarray(row * length, (row + 1) * length),
  );
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { madeUnits } from './made-weights.ts';

const folder = join(import.meta.dirname, '..', 'sam2', 'fixtures');

/** How far values are from those of a fixture. */
export interface FixtureError {
  /** Largest difference of a value, or of minimum, maximum or mean, over `range`. */
  readonly relative: number;
  /** Largest less smallest value of the fixture's whole array. */
  readonly range: number;
}

/** Arrays that the reference wrote (`reference/fixture_file.py`), by name. */
export interface Fixture {
  readonly names: readonly string[];
  has(name: string): boolean;
  /** An array that was kept whole; of one that was not, its samples. */
  read(name: string): Float32Array;
  /** Compares a whole array with one that was kept whole, or as samples with its figures. */
  compare(name: string, actual: Float32Array): FixtureError;
}

interface StoredArray {
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Reads `test/sam2/fixtures/<name>.safetensors`. */
export function readFixture(name: string): Fixture {
  return readArrays(join(folder, `${name}.safetensors`));
}

/** Reads a file that the reference wrote, wherever it lies. */
export function readArrays(path: string): Fixture {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  // biome-ignore lint/plugin: our own file, held to its shape by fixture-file.test.ts
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, StoredArray>;
  const read = (array: string) => {
    const stored = header[array];
    if (stored === undefined) throw new Error(`${path} has no array ${array}`);
    const [from, to] = stored.data_offsets;
    return new Float32Array(new Uint8Array(bytes.subarray(start + from, start + to)).buffer);
  };
  return {
    names: Object.keys(header),
    has: (array) => Object.hasOwn(header, array),
    read,
    compare: (array, actual) =>
      Object.hasOwn(header, `${array}.stats`)
        ? compareSamples(read(array), read(`${array}.stats`), actual)
        : compareWhole(read(array), actual),
  };
}

/** Reads `test/sam2/fixtures/<name>.json`. */
export function readJsonFixture(name: string): unknown {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
}

/** Where samples of an array of `size` values lie: the same places for every array of the size. */
export function samplePlaces(size: number, count: number): number[] {
  return Array.from(madeUnits('samples', count), (unit) => Math.floor(((unit + 1) / 2) * size));
}

function compareSamples(
  samples: Float32Array,
  stats: Float32Array,
  actual: Float32Array,
): FixtureError {
  const [size = 0, min = 0, max = 0, mean = 0] = stats;
  if (actual.length !== size) throw new Error(`expected ${size} values, got ${actual.length}`);
  const picked = samplePlaces(size, samples.length).map((at) => actual[at] ?? Number.NaN);
  const figures = figuresOf(actual);
  const differences = [
    largestDifference(samples, picked),
    Math.abs(figures.min - min),
    Math.abs(figures.max - max),
    Math.abs(figures.mean - mean),
  ];
  return { relative: Math.max(...differences) / (max - min), range: max - min };
}

function compareWhole(expected: Float32Array, actual: Float32Array): FixtureError {
  if (actual.length !== expected.length) {
    throw new Error(`expected ${expected.length} values, got ${actual.length}`);
  }
  const { min, max } = figuresOf(expected);
  // A single number has no range: it is its own measure.
  const range = expected.length === 1 ? Math.max(1, Math.abs(max)) : max - min;
  return { relative: largestDifference(expected, actual) / range, range };
}

/** NaN where either has one. */
function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let at = 0; at < a.length; at += 1) {
    const difference = Math.abs((a[at] ?? Number.NaN) - (b[at] ?? Number.NaN));
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(largest)) return largest;
  }
  return largest;
}

function figuresOf(values: Float32Array): { min: number; max: number; mean: number } {
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { min, max, mean: sum / values.length };
}

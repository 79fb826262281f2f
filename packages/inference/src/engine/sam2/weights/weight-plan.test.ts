import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { TensorEntry } from '../../../checkpoint/tensor-entry.ts';
import { makeDerivedFile } from './derived-file.ts';
import { plannedLocations, WeightPlan } from './weight-plan.ts';

function entry(dtype: TensorEntry['dtype'], shape: readonly number[], offset: number): TensorEntry {
  const width = dtype === 'float32' ? 4 : 2;
  const length = shape.reduce((product, side) => product * side, width);
  return { dtype, shape, file: '/models/x.pt', offset, length };
}

const tensors = new Map([
  ['whole', entry('float32', [6, 2], 640)],
  ['half', entry('float16', [4], 1000)],
]);

test('float32 tensors are used where they lie, their rows in parts too', () => {
  const plan = new WeightPlan(tensors);
  const location = plannedLocations.checkpoint;
  expect(plan.stored('whole').data).toEqual({ location, offset: 640, length: 48 });
  expect(plan.stored('whole', [3, 4])).toMatchObject({
    dims: [3, 4],
    data: { location, offset: 640, length: 48 },
  });
  expect(plan.rows('whole', { index: 2, count: 3 })).toMatchObject({
    dims: [2, 2],
    data: { location, offset: 672, length: 16 },
  });
  expect(plan.derivedWeights).toEqual([]);
});

test('other tensors are converted once, whatever shapes they are wanted in', () => {
  const plan = new WeightPlan(tensors);
  const location = plannedLocations.derived;
  expect(plan.stored('half').data).toEqual({ location, offset: 0, length: 16 });
  expect(plan.stored('half', [2, 2]).data).toEqual({ location, offset: 0, length: 16 });
  expect(plan.rows('half', { index: 1, count: 2 }).data).toEqual({
    location,
    offset: 8,
    length: 8,
  });
  expect(plan.derivedWeights).toHaveLength(1);
});

test('layers that compute in float32 among float16 ones have weights of their own in the same file', () => {
  const plan = new WeightPlan(tensors, 'float16');
  const exact = plan.exactly();
  const place = { name: 'x', dims: [2], from: [], make: () => Float32Array.of(1, 2) };
  expect(plan.derived(place)).toMatchObject({ type: 'float16', data: { offset: 0, length: 4 } });
  expect(exact.derived(place)).toMatchObject({ type: 'float32', data: { offset: 64, length: 8 } });
  expect(plan.derived(place).name).not.toBe(exact.derived(place).name);
  expect(exact.stored('whole')).toEqual(plan.exact('whole'));
  expect(plan.stored('whole').name).not.toBe(exact.stored('whole').name);
  expect(exact.stored('half')).toEqual(plan.exact('half'));
  expect(plan.derivedWeights.map(({ name }) => name)).toEqual([
    'x',
    'x.exact',
    'whole',
    'half.exact',
  ]);
  const wide = new WeightPlan(tensors);
  expect(wide.exactly()).toBe(wide);
});

test('a tensor that is not there is model_corrupt', () => {
  expect(() => new WeightPlan(tensors).stored('other')).toThrow(
    expect.objectContaining({ code: 'model_corrupt' }),
  );
});

test('derived weights lie where the plan says, instead of older ones; a stopped run leaves none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roto derived '));
  try {
    const plan = new WeightPlan(tensors);
    const bytes = plan.derived({
      name: 'bytes',
      dims: [3],
      type: 'int8',
      from: [],
      make: () => Int8Array.of(1, -2, 3),
    });
    const sum = plan.derived({
      name: 'sum',
      dims: [1],
      from: ['whole', 'half'],
      make: (a, b) => Float32Array.of((a[0] ?? 0) + (b[0] ?? 0)),
    });
    const path = join(folder, 'tiny-512-2.bin');
    await writeFile(join(folder, 'tiny-512-1.bin'), 'of an older version');
    await writeFile(join(folder, 'tiny-64-1.bin'), 'of another size');
    const read = async (name: string) => Float32Array.of(name === 'whole' ? 2 : 0.5);
    const stopped = makeDerivedFile({
      path,
      weights: plan.derivedWeights,
      signal: AbortSignal.abort(),
      read,
    });
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
    expect(await readdir(folder)).toEqual(['tiny-512-1.bin', 'tiny-64-1.bin']);

    await makeDerivedFile({ path, weights: plan.derivedWeights, read });
    const file = await readFile(path);
    if (bytes.data instanceof Uint8Array || sum.data instanceof Uint8Array)
      throw new Error('inside');
    expect([...new Int8Array(file.buffer, file.byteOffset + bytes.data.offset, 3)]).toEqual([
      1, -2, 3,
    ]);
    expect(file.readFloatLE(sum.data.offset)).toBe(2.5);
    expect(await readdir(folder)).toEqual(['tiny-512-2.bin', 'tiny-64-1.bin']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

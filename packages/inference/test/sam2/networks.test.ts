import {
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import type { FrameFeatures, ObjectBank, Sam2Networks } from '../../src/engine/sam2/networks.ts';
import { createSam2Networks } from '../../src/engine/sam2/onnx-networks.ts';
import { isHeld } from '../../src/track/hold-store.ts';
import { difference, floatsOf } from '../support/difference.ts';
import { MadeModels } from '../support/made-model.ts';
import { madeWeights } from '../support/made-weights.ts';

const size = 64;
const side = size / 16;

let folder: string;
let models: MadeModels;
let checkpoint: Checkpoint;
let networks: Sam2Networks;
let features: FrameFeatures;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto sam2 '));
  models = await MadeModels.create();
  checkpoint = await openCheckpoint(await models.path('sam2.1-tiny'));
  networks = await open();
  features = await networks.encode(picture());
});

afterAll(async () => {
  await networks.dispose();
  await checkpoint.close();
  await rm(folder, { recursive: true });
  await models.remove();
});

function open(): Promise<Sam2Networks> {
  return createSam2Networks({ checkpoint, inputSize: size, cacheDir: join(folder, 'cache') });
}

function picture(): Uint8Array {
  return new Uint8Array(3 * size * size).map((_, at) => (at * 7919 + (at >> 7) * 31) % 256);
}

function values(name: string, count: number, scale = 1): Float32Array {
  return madeWeights(`${name}.weight`, [count]).map((value) => (value * scale) / 0.3);
}

function bank(name: string, frames: number, pointers: number): ObjectBank {
  return {
    blocks: Array.from({ length: frames }, (_, at) => ({
      tokens: values(`${name} map ${at}`, side * side * 64),
      row: (at + 6) % 7,
    })),
    pointers: Array.from({ length: pointers }, (_, at) => ({
      pointer: values(`${name} pointer ${at}`, 256),
      position: at / 15,
    })),
  };
}

test('objects that attend together get what each gets alone, with and without pointers', async () => {
  for (const [frames, pointers] of [
    [1, 0],
    [3, 2],
  ] as const) {
    const banks = ['a', 'b'].map((name) => bank(name, frames, pointers));
    const together = floatsOf(await networks.attend(features, banks));
    const half = together.length / 2;
    for (const [at, one] of banks.entries()) {
      const alone = floatsOf(await networks.attend(features, [one]));
      expect(difference(together.subarray(at * half, (at + 1) * half), alone)).toBeLessThan(1e-5);
    }
    expect(difference(together.subarray(0, half), together.subarray(half))).toBeGreaterThan(0.01);
  }
});

test('objects decoded together get what each gets alone, with and without a mask prompt', async () => {
  const mask = values('mask', 16 * side * side, 8);
  const points = [{ x: 20, y: 31.5, label: 1 as const }];
  const prompts = [{ points, mask }, { points }];
  const image = features.imageWithoutMemory;
  const together = await networks.decode(features, image, prompts);
  for (const [at, prompt] of prompts.entries()) {
    const [alone] = await networks.decode(features, image, [prompt]);
    const both = together[at];
    if (!alone || !both) throw new Error('Expected masks');
    expect(both.score).toBeCloseTo(alone.score, 4);
    alone.masks.forEach((expected, nth) => {
      expect(difference(both.masks[nth] ?? [], expected)).toBeLessThan(1e-5);
    });
    alone.pointers.forEach((expected, nth) => {
      expect(difference(both.pointers[nth] ?? [], expected)).toBeLessThan(1e-5);
    });
  }
});

test('memory of objects encoded together is that of each alone, binary and absent told apart', async () => {
  const logits = values('logits', 16 * side * side, 4);
  const masks = [
    { logits, binary: false, present: true },
    { logits, binary: true, present: true },
    { logits, binary: true, present: false },
  ];
  const together = await networks.encodeMemory(features, masks);
  for (const [at, mask] of masks.entries()) {
    const [alone] = await networks.encodeMemory(features, [mask]);
    expect(difference(together[at] ?? [], alone ?? [])).toBeLessThan(1e-5);
  }
  const [soft = [], hard = [], absent = []] = together;
  expect(difference(soft, hard)).toBeGreaterThan(0.01);
  const absence = madeWeights('no_obj_embed_spatial', [1, 64]);
  const added = Float32Array.from(hard, (value, at) => value + (absence[at % 64] ?? 0));
  expect(difference(absent, added)).toBeLessThan(1e-5);
});

test('derived weights are made once, and anew where the file is damaged', async () => {
  const cache = join(folder, 'cache', 'weights');
  const names = async () => (await readdir(cache)).filter((name) => name.endsWith('.bin'));
  const [name = ''] = await names();
  const path = join(cache, name);
  const whole = await readFile(path);
  const damaged = Buffer.from(whole);
  damaged[1000] = (damaged[1000] ?? 0) ^ 1;
  const expected = floatsOf(features.image);
  for (const content of [damaged, whole.subarray(0, -9), Buffer.alloc(0)]) {
    // Into a new file: the old one is mapped by the networks that are open.
    await rm(path);
    await writeFile(path, content);
    const [one, other] = await Promise.all([open(), open()]);
    expect((await readFile(path)).equals(whole)).toBe(true);
    expect(await names()).toEqual([name]);
    expect(difference(floatsOf((await one.encode(picture())).image), expected)).toBe(0);
    await one.dispose();
    await other.dispose();
  }
});

test('derived weights are in use until the last networks over them are gone', async () => {
  const cacheDir = join(folder, 'held');
  const options = { checkpoint, inputSize: size, cacheDir };
  const [one, other] = [await createSam2Networks(options), await createSam2Networks(options)];
  await one.dispose();
  expect(await isHeld(join(cacheDir, 'weights'))).toBe(true);
  await other.dispose();
  expect(await isHeld(join(cacheDir, 'weights'))).toBe(false);
  await expect(createSam2Networks({ ...options, device: 'cuda:97' })).rejects.toThrow();
  expect(await isHeld(join(cacheDir, 'weights'))).toBe(false);
});

test('a checkpoint behind a link is read, one that is gone or cut short is told', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'roto elsewhere '));
  const path = join(outside, 'copy.pt');
  await copyFile(checkpoint.path, path);
  const link = join(folder, 'link.pt');
  await symlink(path, link);
  const linked = await openCheckpoint(link);
  const create = () =>
    createSam2Networks({ checkpoint: linked, inputSize: size, cacheDir: join(folder, 'cache') });
  await (await create()).dispose();
  await truncate(path, 50e6);
  await expect(create()).rejects.toMatchObject({ code: 'model_corrupt' });
  await rm(outside, { recursive: true });
  await expect(create()).rejects.toMatchObject({ code: 'model_missing' });
  await linked.close();
});

test('an input size that is no multiple of 32 is refused', async () => {
  for (const inputSize of [0, 100, 16, Number.NaN]) {
    const made = createSam2Networks({ checkpoint, inputSize, cacheDir: folder });
    await expect(made).rejects.toMatchObject({ code: 'invalid_argument', param: 'inputSize' });
  }
});

test('a device that is not there is an error, never a run on the CPU', async () => {
  const options = {
    checkpoint,
    inputSize: size,
    cacheDir: join(folder, 'cache'),
    device: 'cuda:97',
  };
  await expect(createSam2Networks(options)).rejects.toMatchObject({ code: 'device_unavailable' });
});

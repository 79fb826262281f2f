import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { sam2Architectures } from '../../src/engine/sam2/architecture.ts';
import { buildImageEncoder } from '../../src/engine/sam2/graph/image-encoder.ts';
import type { FrameFeatures, Sam2Networks } from '../../src/engine/sam2/networks.ts';
import { createSam2Networks } from '../../src/engine/sam2/onnx-networks.ts';
import { sam2Tensors } from '../../src/engine/sam2/tensors.ts';
import { makeDerivedFile } from '../../src/engine/sam2/weights/derived-file.ts';
import { commonFolder, placeWeights } from '../../src/engine/sam2/weights/place-weights.ts';
import { WeightPlan } from '../../src/engine/sam2/weights/weight-plan.ts';
import { writeModel } from '../../src/onnx/write-model.ts';
import { hasByteDotProducts } from '../../src/ort/cpu.ts';
import { createNetwork } from '../../src/ort/session.ts';
import { byteInput } from '../../src/ort/tensor.ts';
import { difference, floatsOf } from '../support/difference.ts';
import { MadeModels } from '../support/made-model.ts';
import { madeWeights } from '../support/made-weights.ts';
import { plainEncoder } from '../support/plain-hiera.ts';
import { type Matrix, matrix } from '../support/plain-layers.ts';
import { plainMemoryAttention } from '../support/plain-memory-attention.ts';

/**
 * The graphs are the published networks rewritten: windows in strips, layers folded into one,
 * channels in another order, tables baked. Here they are compared with the networks as published,
 * written down plainly.
 */

const architecture = sam2Architectures['sam2.1-tiny'];
const shapes = sam2Tensors(architecture);
const size = 64;
const side = size / 16;

let folder: string;
let models: MadeModels;
let checkpoint: Checkpoint;
let networks: Sam2Networks;
let features: FrameFeatures;

const pixels = new Uint8Array(3 * size * size).map((_, at) => (at * 7919 + (at >> 7) * 31) % 256);
const made = new Map<string, Float32Array>();

function weights(name: string): Float32Array {
  const values = made.get(name) ?? madeWeights(name, shapes.get(name) ?? []);
  made.set(name, values);
  return values;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto sam2 '));
  models = await MadeModels.create();
  checkpoint = await openCheckpoint(await models.path('sam2.1-tiny'));
  networks = await createSam2Networks({ checkpoint, inputSize: size, cacheDir: folder });
  features = await networks.encode(pixels);
});

afterAll(async () => {
  await networks.dispose();
  await checkpoint.close();
  await rm(folder, { recursive: true });
  await models.remove();
});

/** Channels [channels][tokens] of a tokens' matrix, as the networks give pictures. */
function planes({ rows, columns, data }: Matrix): Float64Array {
  return data.map((_, at) => data[(at % rows) * columns + Math.floor(at / rows)] ?? Number.NaN);
}

/** Tokens of a picture [1, channels, side, side]. */
function tokensOf(picture: Float32Array, channels: number): Matrix {
  const tokens = picture.length / channels;
  return matrix(
    tokens,
    channels,
    picture.map((_, at) => picture[(at % channels) * tokens + Math.floor(at / channels)] ?? 0),
  );
}

test('the encoder with baked positions, windows in order and folded layers is the plain one', () => {
  const plain = plainEncoder(pixels, size, architecture, weights);
  expect(difference(floatsOf(features.fine), planes(plain.fine))).toBeLessThan(1e-5);
  expect(difference(floatsOf(features.middle), planes(plain.middle))).toBeLessThan(1e-5);
  expect(difference(floatsOf(features.image), planes(plain.image))).toBeLessThan(1e-5);
  const without = floatsOf(features.image).map(
    (value, at) => value + (weights('no_mem_embed')[Math.floor(at / side ** 2)] ?? 0),
  );
  expect(difference(floatsOf(features.imageWithoutMemory), without)).toBeLessThan(1e-6);
});

/** Outputs of the encoder built with other options than the product has. */
async function encode(options: { stripValues?: number; precision: 'fp32' | 'int8' }) {
  const plan = new WeightPlan(checkpoint.tensors);
  const model = buildImageEncoder(plan, { architecture, size, ...options });
  const files = { checkpoint: checkpoint.path, derived: join(folder, 'derived-1.bin') };
  await rm(files.derived, { force: true });
  await makeDerivedFile({
    path: files.derived,
    weights: plan.derivedWeights,
    read: (name) => checkpoint.read(name),
  });
  const network = await createNetwork(writeModel(placeWeights(model, files)), {
    name: 'encoder',
    weightsFolder: commonFolder(files),
  });
  const wanted = ['fine', 'middle', 'image'];
  const results = await network.run({ pixels: byteInput(pixels, [1, size, size, 3]) }, wanted);
  await network.dispose();
  return wanted.map((name) => floatsOf(results[name] ?? { data: undefined }));
}

test('a picture that goes through the encoder in strips gives what it gives at once', async () => {
  const strips = await encode({ precision: 'fp32', stripValues: 1 });
  const whole = [features.fine, features.middle, features.image].map(floatsOf);
  strips.forEach((values, at) => {
    expect(difference(values, whole[at] ?? [])).toBeLessThan(1e-5);
  });
});

test.skipIf(!hasByteDotProducts())('the encoder in bytes is near the exact one', async () => {
  const bytes = await encode({ precision: 'int8' });
  const exact = [features.fine, features.middle, features.image].map(floatsOf);
  bytes.forEach((values, at) => {
    const error = difference(values, exact[at] ?? []);
    expect(error).toBeGreaterThan(1e-4);
    expect(error).toBeLessThan(0.04);
  });
});

test('attention to folded values, turned halves and any memory is the plain one', async () => {
  const image = tokensOf(floatsOf(features.image), 256);
  for (const [frames, pointers] of [
    [1, 0],
    [3, 2],
  ] as const) {
    const bank = {
      blocks: Array.from({ length: frames }, (_, at) => ({
        tokens: madeWeights(`map ${at}.weight`, [side * side * 64]).map((value) => 4 * value),
        row: (at + 6) % 7,
      })),
      pointers: Array.from({ length: pointers }, (_, at) => ({
        pointer: madeWeights(`pointer ${at}.weight`, [256]).map((value) => 4 * value),
        position: at / 15,
      })),
    };
    const actual = floatsOf(await networks.attend(features, [bank]));
    const plain = plainMemoryAttention(image, bank, side, weights);
    expect(difference(actual, planes(plain))).toBeLessThan(1e-5);
  }
});

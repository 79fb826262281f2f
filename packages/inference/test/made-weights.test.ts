import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openCheckpoint } from '../src/checkpoint/checkpoint.ts';
import { sam2Architectures, sam2Names } from '../src/engine/sam2/architecture.ts';
import { sam2Tensors } from '../src/engine/sam2/tensors.ts';
import { readJsonFixture } from './support/fixture-file.ts';
import { madeCheckpoint, madeRule, madeValues, madeWeights } from './support/made-weights.ts';
import { writePt } from './support/write-pt.ts';
import { writeSafetensors } from './support/write-safetensors.ts';

const shapes = sam2Tensors(sam2Architectures['sam2.1-tiny']);

// Values written down from an implementation of the description in Python with numpy.
test.each([
  ['no_obj_ptr', [0.29266151785850525, 0.17760346829891205, 0.25214019417762756]],
  [
    'image_encoder.trunk.blocks.0.attn.qkv.weight',
    [-0.25257426500320435, -0.016557294875383377, 0.07173332571983337],
  ],
  [
    'memory_encoder.fuser.layers.0.gamma',
    [0.288891077041626, 0.335992693901062, 0.2740252614021301],
  ],
  [
    'sam_mask_decoder.output_upscaling.3.weight',
    [-0.05143560469150543, -0.01619085855782032, -0.051868509501218796],
  ],
  [
    'image_encoder.trunk.blocks.3.norm1.weight',
    [1.0170676708221436, 0.9342668652534485, 0.9855170249938965],
  ],
  ['mask_downsample.bias', [-0.040355097502470016]],
])('the first values of %s are the same in every language', (name, expected) => {
  const values = madeWeights(name, shapes.get(name) ?? []);
  expect([...values.subarray(0, 3)]).toEqual(expected);
});

const hashes = z
  .object({ wholeTiny: z.string(), starts: z.record(z.enum(sam2Names), z.string()) })
  .parse(readJsonFixture('made'));

test('every bit of the smallest network is the same as made in Python', () => {
  const hash = createHash('sha256');
  for (const name of [...shapes.keys()].sort((a, b) => (a < b ? -1 : 1))) {
    hash.update(madeWeights(name, shapes.get(name) ?? []));
  }
  expect(hash.digest('hex')).toBe(hashes.wholeTiny);
});

test.each(sam2Names)('every tensor of %s starts as made in Python', (model) => {
  const hash = createHash('sha256');
  const tensors = sam2Tensors(sam2Architectures[model]);
  for (const [name, shape] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const count = shape.reduce((product, side) => product * side, 1);
    hash.update(madeValues(name, [Math.min(16, count)], madeRule(name, shape)));
  }
  expect(hash.digest('hex')).toBe(hashes.starts[model]);
});

test('made values fill their range evenly and differ from tensor to tensor', () => {
  const shape = [256, 256];
  for (const name of ['a.q_proj.weight', 'b.q_proj.weight']) {
    const { amplitude } = madeRule(name, shape);
    const values = madeWeights(name, shape);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(Math.abs(mean) / amplitude).toBeLessThan(0.01);
    expect(square / amplitude ** 2).toBeCloseTo(1 / 3, 2);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(amplitude));
  }
  const [a, b] = [madeWeights('a.weight', [8, 8]), madeWeights('b.weight', [8, 8])];
  expect([...a].filter((value, index) => value === b[index])).toEqual([]);
});

test('every tensor of every network has a rule that keeps activations in range', () => {
  for (const name of sam2Names) {
    for (const [tensor, shape] of sam2Tensors(sam2Architectures[name])) {
      const { center, amplitude } = madeRule(tensor, shape);
      const fanIn = shape.slice(1).reduce((product, side) => product * side, 1);
      expect(amplitude).not.toBe(0);
      expect((center + Math.abs(amplitude)) * Math.sqrt(fanIn)).toBeLessThan(60);
    }
  }
});

test('a made checkpoint in either format opens, and gives back what was made', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roto made '));
  try {
    // The whole network, with the large matrices of the encoder left hollow by half floats of 0.
    const tensors = madeCheckpoint(shapes).map((tensor) =>
      tensor.name.includes('.blocks.')
        ? {
            ...tensor,
            dtype: 'float16' as const,
            bytes: () =>
              new Uint8Array(2 * tensor.shape.reduce((product, side) => product * side, 1)),
          }
        : tensor,
    );
    for (const write of [writePt, writeSafetensors]) {
      const path = join(folder, 'made');
      await write(path, tensors);
      const checkpoint = await openCheckpoint(path);
      expect(checkpoint.architecture).toBe('sam2.1-tiny');
      for (const name of [
        'no_obj_ptr',
        'sam_mask_decoder.conv_s1.weight',
        'mask_downsample.bias',
      ]) {
        expect(await checkpoint.read(name)).toEqual(madeWeights(name, shapes.get(name) ?? []));
      }
      await checkpoint.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mobileSamFiles } from '../../models/mobile-sam-files.ts';
import { readModelFile } from '../../models/model-file.ts';
import { mobileSam } from '../../models/registry.ts';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../onnx/model.ts';
import { readModel } from '../../onnx/read-model.ts';
import { floatTensor, int64Tensor } from '../../onnx/tensor.ts';
import { exposeValues, writeModel } from '../../onnx/write-model.ts';
import { hasByteDotProducts } from '../../ort/cpu.ts';
import { createNetwork, resultFloats } from '../../ort/session.ts';
import { floatInput } from '../../ort/tensor.ts';
import { decoderFeeds, decoderOutputs, readDecoderMasks } from './decoder-io.ts';
import { createLiteNetworks } from './mobile-sam.ts';
import { createOriginalNetworks } from './mobile-sam-original.ts';
import type { DecoderPrompt, LiteNetworks, ViewFeatures, ViewPixels } from './networks.ts';

/** A picture with structure at every scale; what it shows does not matter to a comparison. */
function testView(width: number, height: number): ViewPixels {
  const data = new Float32Array(3 * width * height).map((_, at) => {
    const x = at % width;
    const y = Math.floor(at / width);
    return Math.sin(x / 40 + y / 90) + 0.5 * Math.sin(x * y * 1e-3) + 0.2 * Math.sin(at * 1.7);
  });
  return { width, height, data };
}

/** Distance of `ours` from `theirs` as a part of the length of `theirs`. */
function relativeError(ours: Float32Array, theirs: Float32Array): number {
  expect(ours.length).toBe(theirs.length);
  const difference = ours.reduce((sum, value, at) => sum + (value - (theirs[at] ?? 0)) ** 2, 0);
  return Math.sqrt(difference / theirs.reduce((sum, value) => sum + value ** 2, 0));
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** The model with the value of some of its Constant nodes changed, by node name. */
function withConstants(model: OnnxModel, values: ReadonlyMap<string, OnnxTensor>): OnnxModel {
  const nodes = model.graph.nodes.map((node): OnnxNode => {
    const value = values.get(node.name);
    return value ? { ...node, attributes: { value: { kind: 'tensor', value } } } : node;
  });
  return { ...model, graph: { ...model.graph, nodes } };
}

/**
 * The published encoder at another size, by changing the numbers it was exported with: an
 * independent check of the rebuilt graph, which computes those numbers from its input.
 */
function publishedAt(model: OnnxModel, width: number, height: number): OnnxModel {
  const values = new Map<string, OnnxTensor>();
  const set = (name: string, ...ints: number[]) =>
    values.set(name, int64Tensor('', ints.length === 1 ? [1] : [ints.length], ints));
  for (const [layer, blocks, window, step] of [
    [1, 2, 7, 8],
    [2, 6, 14, 16],
    [3, 2, 7, 16],
  ] as const) {
    const [rows, columns] = [height / step, width / step];
    const [down, across] = [Math.ceil(rows / window), Math.ceil(columns / window)];
    for (let index = 0; index < blocks; index++) {
      const at = (constant: number) => `/layers.${layer}/blocks.${index}/Constant_${constant}`;
      for (const [a, b, first, second] of [
        [3, 4, rows, columns],
        [28, 32, rows, columns],
        [34, 35, rows, columns],
        [13, 15, down, across],
        [20, 21, down, across],
        [24, 25, down * window, across * window],
      ] as const) {
        set(at(a), first);
        set(at(b), second);
      }
      values.set(at(17), int64Tensor('', [], [down]));
      values.set(at(18), int64Tensor('', [], [across]));
      set(at(6), 0, 0, 0, across * window - columns, 0, down * window - rows);
    }
    if (layer < 3) {
      set(`/layers.${layer}/downsample/Constant`, 1, rows, columns, -1);
    }
  }
  set('/Constant_2', height / 16);
  set('/Constant_3', width / 16);
  const resized = withConstants(model, values);
  const input = { name: 'input', type: 'float32' as const, shape: [1, 3, height, width] };
  const output = { name: 'output', type: 'float32' as const };
  return { ...resized, graph: { ...resized.graph, inputs: [input], outputs: [output] } };
}

/** The published decoder for another square grid: its positional encoding is made from this. */
function publishedDecoderAt(model: OnnxModel, side: number): OnnxModel {
  const coords = Float32Array.from({ length: 2 * side * side }, (_, at) => {
    const cell = Math.floor(at / 2);
    const along = at % 2 === 0 ? cell % side : Math.floor(cell / side);
    return (2 * along + 1) / side - 1;
  });
  const constant = floatTensor('', [side, side, 2], coords);
  const resized = withConstants(model, new Map([['/pe_layer/Constant', constant]]));
  const shapes = new Map([
    ['image_embeddings', [1, 256, side, side]],
    ['mask_input', [1, 1, 4 * side, 4 * side]],
  ]);
  const inputs = resized.graph.inputs.map((input) => {
    const shape = shapes.get(input.name);
    return shape ? { ...input, shape } : input;
  });
  return { ...resized, graph: { ...resized.graph, inputs } };
}

async function modelFolder(): Promise<string> {
  const folders = mobileSam.folders();
  for (const folder of folders) {
    try {
      await readModelFile(folder, mobileSamFiles.decoder);
      return folder;
    } catch {
      // The next folder may hold it.
    }
  }
  throw new Error(`No MobileSAM in ${folders.join(', ')}`);
}

const pointPrompt: DecoderPrompt = {
  coords: Float32Array.of(70, 90, 200, 220),
  labels: Float32Array.of(1, 0),
};
const boxPrompt: DecoderPrompt = {
  coords: Float32Array.of(40, 60, 250, 290, 120, 130),
  labels: Float32Array.of(2, 3, 1),
};
const prompts = [pointPrompt, boxPrompt];

function withMask(prompt: DecoderPrompt, features: ViewFeatures): DecoderPrompt {
  const length = 16 * features.gridWidth * features.gridHeight;
  return { ...prompt, mask: new Float32Array(length).map((_, at) => 5 * Math.sin(at / 100)) };
}

describe('MobileSAM rebuilt', () => {
  let folder: string;
  let published: LiteNetworks;
  let fp32: LiteNetworks;
  let int8: LiteNetworks;
  let reference: ViewFeatures;

  beforeAll(async () => {
    folder = await modelFolder();
    published = await createOriginalNetworks({ modelPath: folder });
    fp32 = await createLiteNetworks({ modelPath: folder, precision: 'fp32' });
    int8 = await createLiteNetworks({ modelPath: folder, precision: 'int8' });
    reference = await published.encode(testView(1024, 1024));
  });

  afterAll(async () => {
    await Promise.all([published, fp32, int8].map((networks) => networks.dispose()));
  });

  test('sees in fp32 what the published encoder sees at 1024', async () => {
    const features = await fp32.encode(testView(1024, 1024));
    expect([features.gridWidth, features.gridHeight]).toEqual([64, 64]);
    expect(relativeError(features.embedding, reference.embedding)).toBeLessThan(1e-5);
    expect(relativeError(features.stage1, reference.stage1)).toBeLessThan(1e-5);
  });

  test('sees in int8 nearly what the published encoder sees at 1024', async () => {
    const features = await int8.encode(testView(1024, 1024));
    // A processor that saturates sums of bytes is further off, and is not given int8 by itself.
    const least = hasByteDotProducts() ? 0.999 : 0.99;
    expect(cosine(features.embedding, reference.embedding)).toBeGreaterThan(least);
    expect(cosine(features.stage1, reference.stage1)).toBeGreaterThan(least);
  });

  test.each([
    [320, 208],
    [224, 224],
    [112, 336],
  ])(
    'sees at %ix%i what the published encoder sees when exported for it',
    async (width, height) => {
      const model = readModel(await readModelFile(folder, mobileSamFiles.encoder));
      const resized = await createNetwork(writeModel(publishedAt(model, width, height)), {
        name: 'published encoder, resized',
      });
      const view = testView(width, height);
      const results = await resized.run({ input: floatInput(view.data, [1, 3, height, width]) }, [
        'output',
      ]);
      const features = await fp32.encode(view);
      expect([features.gridWidth, features.gridHeight]).toEqual([width / 16, height / 16]);
      expect(features.stage1).toHaveLength((128 * width * height) / 256);
      expect(relativeError(features.embedding, resultFloats(results, 'output'))).toBeLessThan(1e-5);
      await resized.dispose();
    },
  );

  test('answers prompts at 1024 as the published decoder does', async () => {
    for (const prompt of [...prompts, ...prompts.map((one) => withMask(one, reference))]) {
      const theirs = await published.decode(reference, prompt);
      const ours = await fp32.decode(reference, prompt);
      expect(relativeError(ours.masks, theirs.masks)).toBeLessThan(1e-5);
      expect(relativeError(ours.iou, theirs.iou)).toBeLessThan(1e-5);
    }
  });

  test('answers prompts on a small grid as the published decoder exported for it does', async () => {
    const model = readModel(await readModelFile(folder, mobileSamFiles.decoder));
    const bytes = exposeValues(
      writeModel(publishedDecoderAt(model, 20)),
      Object.values(decoderOutputs).map((name) => ({ name, type: 'float32' as const })),
    );
    const resized = await createNetwork(bytes, { name: 'published decoder, resized' });
    const features = await fp32.encode(testView(320, 320));
    for (const prompt of prompts.map((one) => withMask(one, features))) {
      const feeds = {
        ...decoderFeeds(features, prompt),
        orig_im_size: floatInput(Float32Array.of(64, 64), [2]),
      };
      const theirs = readDecoderMasks(await resized.run(feeds, Object.values(decoderOutputs)));
      const ours = await fp32.decode(features, prompt);
      expect(relativeError(ours.masks, theirs.masks)).toBeLessThan(1e-5);
      expect(relativeError(ours.iou, theirs.iou)).toBeLessThan(1e-5);
    }
    await resized.dispose();
  });

  test('answers for rectangular views with masks of their shape', async () => {
    const features = await int8.encode(testView(320, 176));
    const answer = await int8.decode(features, boxPrompt);
    expect(answer.masks).toHaveLength(4 * 80 * 44);
    expect(answer.iou).toHaveLength(4);
  });

  test('gives the same bits for the same view again, whatever ran in between', async () => {
    const first = await int8.encode(testView(320, 208));
    await int8.encode(testView(256, 256));
    const again = await int8.encode(testView(320, 208));
    expect(Buffer.from(again.embedding.buffer).equals(Buffer.from(first.embedding.buffer))).toBe(
      true,
    );
  });

  test('refuses a view whose sides are not multiples of 16 or whose values do not fill it', async () => {
    await expect(fp32.encode(testView(100, 96))).rejects.toMatchObject({ code: 'engine_failed' });
    const short = { ...testView(96, 96), width: 112 };
    await expect(fp32.encode(short)).rejects.toMatchObject({ code: 'engine_failed' });
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FrameFeatures, Sam2Networks } from '../../src/engine/sam2/networks.ts';
import { floatInput, type NetworkValue } from '../../src/ort/tensor.ts';
import { readFixture } from '../support/fixture-file.ts';
import { madeSquare } from '../support/made-clip.ts';
import { MadeModels } from '../support/made-model.ts';
import {
  type MadeArray,
  madeBank,
  madeDecoderImage,
  madeFeatures,
  madeMask,
  madeMaskPrompt,
  madePrompt,
  moduleCases,
} from '../support/module-cases.ts';

// Against Meta's own networks with the same weights; see reference/README.md. Largest error of any
// value over the range of the output. What is reached is some 1e-6; a wrong epsilon, a row of
// positions too many or one skipped rotation shows from 1e-3 on.
const tolerance = 1e-4;

let models: MadeModels;
const opened = new Map<number, Promise<Sam2Networks>>();

/** The smallest network at an input size. */
function tinyAt(size: number): Promise<Sam2Networks> {
  const networks = opened.get(size) ?? models.networks('sam2.1-tiny', size);
  opened.set(size, networks);
  return networks;
}

beforeAll(async () => {
  models = await MadeModels.create();
});

afterAll(async () => {
  for (const networks of opened.values()) await (await networks).dispose();
  await models.remove();
});

function floats({ data }: NetworkValue): Float32Array {
  if (!(data instanceof Float32Array)) throw new TypeError('Expected float32 values');
  return data;
}

function value({ data, shape }: MadeArray): NetworkValue {
  return floatInput(data, shape);
}

function featuresAt(size: number): FrameFeatures {
  const { fine, middle, image } = madeFeatures(size);
  const values = { fine: value(fine), middle: value(middle), image: value(image) };
  return { ...values, imageWithoutMemory: values.image, bytes: 0 };
}

describe('the image encoder says what the reference says', () => {
  const fixture = readFixture('encoder');
  test.each(moduleCases.encoder)('$name', async ({ name, model, inputSize }) => {
    const own = model === 'sam2.1-tiny' ? undefined : await models.networks(model, inputSize);
    const features = await (own ?? (await tinyAt(inputSize))).encode(madeSquare(inputSize));
    for (const output of ['fine', 'middle', 'image'] as const) {
      const { relative } = fixture.compare(`${name}.${output}`, floats(features[output]));
      expect(relative, output).toBeLessThan(tolerance);
    }
    await own?.dispose();
  });
});

describe('memory attention says what the reference says', () => {
  const fixture = readFixture('attention');
  test.each(moduleCases.attention)('$name', async (one) => {
    const networks = await tinyAt(one.inputSize);
    const image = await networks.attend(featuresAt(one.inputSize), [madeBank(one)]);
    expect(fixture.compare(one.name, floats(image)).relative).toBeLessThan(tolerance);
  });
});

describe('the memory encoder says what the reference says', () => {
  const fixture = readFixture('memory');
  test.each(moduleCases.memory)('$name', async (one) => {
    const networks = await tinyAt(one.inputSize);
    const [tokens] = await networks.encodeMemory(featuresAt(one.inputSize), [madeMask(one)]);
    expect(fixture.compare(one.name, tokens ?? new Float32Array()).relative).toBeLessThan(
      tolerance,
    );
  });
});

describe('prompt encoder and mask decoder say what the reference says', () => {
  const fixture = readFixture('decoder');
  test.each(moduleCases.decoder)('$name', async (one) => {
    const networks = await tinyAt(one.inputSize);
    const [decoded] = await networks.decode(
      featuresAt(one.inputSize),
      value(madeDecoderImage(one)),
      [madePrompt(one)],
    );
    if (decoded === undefined) throw new Error('Expected masks');
    const errors = [
      ...decoded.masks.map((mask, index) => fixture.compare(`${one.name}.masks.${index}`, mask)),
      fixture.compare(`${one.name}.ious`, decoded.ious),
      fixture.compare(`${one.name}.score`, Float32Array.of(decoded.score)),
      fixture.compare(
        `${one.name}.pointers`,
        Float32Array.from(decoded.pointers.flatMap((pointer) => [...pointer])),
      ),
    ];
    for (const { relative } of errors) expect(relative).toBeLessThan(tolerance);
  });
});

test.each(moduleCases.shrink)('a mask prompt shrinks as in the reference: $name', async (one) => {
  const shrunk = await (await tinyAt(one.inputSize)).shrinkMask(madeMaskPrompt(one));
  const { relative } = readFixture('shrink').compare(one.name, shrunk);
  expect(relative).toBeLessThan(tolerance);
});

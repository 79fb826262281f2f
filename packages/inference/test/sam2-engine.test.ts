import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, EnginePrompt, ObjectMask, Tracker } from '../src/engine/engine.ts';
import { createSam2Engine } from '../src/engine/sam2/sam2-engine.ts';
import { madeFrame, madeHeight, madeWidth } from './support/made-clip.ts';
import { MadeModels } from './support/made-model.ts';

const inputSize = 128;
const setup = { clip: { first: 0, last: 23 }, rules: { preset: 'product' as const } };

let models: MadeModels;
let modelPath: string;
let engine: Engine;

const open = (changes: { readonly model?: { id: string; sha256: string } } = {}) =>
  createSam2Engine({
    engine: 'sam2',
    modelPath,
    device: 'cpu',
    inputSize,
    threads: 2,
    cacheDir: join(modelPath, '..', 'cache'),
    ...changes,
  });

beforeAll(async () => {
  models = await MadeModels.create();
  modelPath = await models.path('sam2.1-tiny');
  engine = await open();
});

afterAll(async () => {
  await engine.dispose();
  await models.remove();
});

function frameAt(number: number) {
  return { number, width: madeWidth, height: madeHeight, rgb: madeFrame(number) };
}

function click(x: number, y: number, label: 'positive' | 'negative' = 'positive'): EnginePrompt {
  return { points: [{ x, y, label }] };
}

async function seeded(prompt: EnginePrompt, number = 0): Promise<Tracker> {
  const tracker = engine.createTracker(setup);
  await tracker.seed(frameAt(number), prompt);
  return tracker;
}

async function run(tracker: Tracker, from: number, to: number): Promise<ObjectMask[]> {
  const masks: ObjectMask[] = [];
  for (let i = from; i <= to; i += 1) masks.push(await tracker.track(frameAt(i), 'forward'));
  return masks;
}

describe('the SAM 2 engine', () => {
  it('says what runs, by the hash of the checkpoint', () => {
    expect(engine.identity).toMatchObject({
      engine: 'sam2',
      model: { id: 'sam2.1-tiny', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      device: 'cpu',
      settings: { inputSize, precision: 'fp32', tracker: expect.any(Number) },
    });
  });

  it('refuses a checkpoint that is not the one that was asked for', async () => {
    const sha256 = '0'.repeat(64);
    await expect(open({ model: { id: 'mine', sha256 } })).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining(sha256),
    });
  });

  it('gives objects that it tracks together the masks they have alone, to the bit', async () => {
    const prompts = [click(70, 60), click(240, 128), click(150, 30)];
    const together = await Promise.all(prompts.map((prompt) => seeded(prompt)));
    const alone = await Promise.all(prompts.map((prompt) => seeded(prompt)));
    for (let number = 1; number <= 4; number += 1) {
      const masks = await engine.step(
        frameAt(number),
        together.map((tracker) => ({ kind: 'track', tracker, direction: 'forward' })),
      );
      for (const [i, tracker] of alone.entries()) {
        expect(masks[i]).toEqual(await tracker.track(frameAt(number), 'forward'));
      }
    }
  });

  it('goes on from a snapshot bit for bit, with a learned frame and a correction', async () => {
    const other = await seeded(click(126, 76), 8);
    const tracker = await seeded(click(70, 60));
    await tracker.learn(other.snapshot());
    await run(tracker, 1, 3);
    await tracker.correct(frameAt(3), click(150, 150, 'negative'));
    const restored = engine.restoreTracker(tracker.snapshot(), setup);
    const masks = await run(tracker, 4, 10);
    expect(await run(restored, 4, 10)).toEqual(masks);
    expect(new Set(masks.map(({ logits }) => logits[0])).size).toBeGreaterThan(3);
  });

  it('runs the encoder once for each frame, however often it is seen', async () => {
    const before = Number(engine.counts()['encode']);
    const tracker = await seeded(click(90, 60), 18);
    await tracker.correct(frameAt(18), click(10, 10, 'negative'));
    await seeded(click(20, 60), 18);
    await run(tracker, 19, 20);
    await run(await seeded(click(20, 60), 18), 19, 20);
    expect(engine.counts()).toEqual({ encode: before + 3 });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeSam2Networks } from '../../../test/support/fake-sam2-networks.ts';
import type { Direction, EnginePrompt, ObjectMask, Tracker } from '../engine.ts';
import { FeatureCache } from './feature-cache.ts';
import { Sam2Predictor } from './predictor.ts';
import type { AskedRules } from './presets.ts';
import { resolveRules } from './presets.ts';
import { sam2Engine } from './sam2-engine.ts';

const first = 1001;

function frameAt(number: number, width = 64) {
  return { number, width, height: 64, rgb: new Uint8Array(3 * 64 * width).fill(number % 256) };
}

function click(x = 5, label: 'positive' | 'negative' = 'positive'): EnginePrompt {
  return { points: [{ x, y: 5, label }] };
}

interface Setup {
  readonly frameCount?: number;
  readonly rules?: Partial<AskedRules>;
}

function setup({ frameCount = 40, rules = {} }: Setup = {}) {
  const networks = new FakeSam2Networks();
  const model = { id: 'fake', sha256: '' };
  const identity = { engine: 'sam2' as const, model, device: 'cpu', settings: {} };
  const engine = sam2Engine(networks, identity);
  const scope = {
    clip: { first, last: first + frameCount - 1 },
    rules: { preset: 'product' as const, ...rules },
  };
  return {
    networks,
    engine,
    create: () => engine.createTracker(scope),
    restore: (bytes: Uint8Array) => engine.restoreTracker(bytes, scope),
  };
}

/** Masks of the frames from one number to another, in that order. */
async function run(tracker: Tracker, from: number, to: number): Promise<Float32Array[]> {
  const direction: Direction = from <= to ? 'forward' : 'backward';
  const masks: Float32Array[] = [];
  for (let i = 0; i <= Math.abs(to - from); i += 1) {
    const number = direction === 'forward' ? from + i : from - i;
    masks.push((await tracker.track(frameAt(first + number), direction)).logits);
  }
  return masks;
}

const seedAt = (tracker: Tracker, index: number, prompt = click()): Promise<ObjectMask> =>
  tracker.seed(frameAt(first + index), prompt);

describe('Sam2Tracker', () => {
  it('gives the low-resolution logits over the whole picture, and a score of 0..1', async () => {
    const { create, networks } = setup();
    const mask = await create().seed(frameAt(first, 90), click());
    expect(mask).toMatchObject({
      width: 16,
      height: 16,
      region: { x: 0, y: 0, width: 90, height: 64 },
    });
    expect(mask.score).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
    networks.says = () => ({ score: -3 });
    const gone = await create().seed(frameAt(first), click());
    expect(gone.score).toBeLessThan(0.5);
    expect(new Set(gone.logits)).toEqual(new Set([-1024]));
  });

  it('attends as the published predictor does, backward too', async () => {
    const { create, networks } = setup();
    const tracker = create();
    await seedAt(tracker, 20);
    await run(tracker, 19, 10);
    const bank = networks.of('attend').at(-1)?.banks[0];
    expect(bank?.blocks.map(({ row }) => row)).toEqual([6, 5, 4, 3, 2, 1, 0]);
    expect(bank?.pointers).toHaveLength(10);
    expect(bank?.pointers[0]?.position).toBeCloseTo(10 / 15, 6);
  });

  it('refines a given mask by clicks of the same prompt', async () => {
    const { create, networks } = setup();
    const data = new Uint8Array(64 * 64).fill(255);
    await seedAt(create(), 0, { ...click(), mask: { width: 64, height: 64, data } });
    const [pointer, clicks] = networks.of('decode');
    expect(pointer?.image).toBe('raw');
    expect(clicks?.prompts[0]?.points).toHaveLength(1);
    expect(clicks?.prompts[0]?.mask?.[0]).toBeCloseTo(10, 4);
  });

  it('corrects by the tracked mask and memory, and makes the frame a conditioning frame', async () => {
    const { create, networks } = setup();
    const tracker = create();
    await seedAt(tracker, 0);
    const tracked = (await run(tracker, 1, 8)).at(-1);
    networks.calls.length = 0;
    const corrected = await tracker.correct(frameAt(first + 8), click(2, 'negative'));
    // The features are those of the frame just seen.
    expect(networks.calls.map(({ kind }) => kind)).toEqual(['attend', 'decode', 'encodeMemory']);
    const [decode] = networks.of('decode');
    expect(decode?.prompts[0]?.mask).toEqual(tracked);
    expect(networks.of('encodeMemory')[0]?.masks[0]?.binary).toBe(true);
    await run(tracker, 9, 9);
    expect(
      networks
        .of('attend')
        .at(-1)
        ?.banks[0]?.blocks.map(({ row }) => row),
    ).toEqual([6, 6, 5, 4, 3, 2, 1]);
    const [again] = await run(tracker, 8, 8);
    expect(again).toEqual(corrected.logits);
  });

  it('corrects a frame that was only seeded without memory', async () => {
    const { create, networks } = setup();
    const tracker = create();
    const seeded = await seedAt(tracker, 3);
    await tracker.correct(frameAt(first + 3), click(2, 'negative'));
    expect(networks.of('attend')).toEqual([]);
    expect(networks.of('decode')[1]?.prompts[0]?.mask).toEqual(seeded.logits);
  });

  it('has learned frames ahead in memory and gives their masks back unchanged', async () => {
    const { create, networks } = setup();
    const other = create();
    const seeded = await seedAt(other, 6, click(9));
    const tracker = create();
    await seedAt(tracker, 0);
    await tracker.learn(other.snapshot());
    networks.calls.length = 0;
    const masks = await run(tracker, 1, 7);
    expect(masks[5]).toEqual(seeded.logits);
    expect(networks.of('attend')).toHaveLength(6);
    expect(networks.of('attend')[0]?.banks[0]?.blocks.map(({ row }) => row)).toEqual([6, 6]);
    expect(networks.of('attend')[0]?.banks[0]?.pointers).toHaveLength(1);
    // Frame 6 is prompted, so it is not among those just passed.
    expect(networks.of('attend')[5]?.banks[0]?.blocks.map(({ row }) => row)).toEqual([
      6, 6, 5, 4, 3, 2, 1,
    ]);
  });

  it('tracks forward from a frame before its first prompt', async () => {
    const { create, networks } = setup({ rules: { preset: 'benchmark' } });
    const tracker = create();
    await seedAt(tracker, 5);
    await run(tracker, 0, 2);
    const banks = networks
      .of('attend')
      .map(({ banks: [bank] }) => [bank?.blocks.length, bank?.pointers.length]);
    expect(banks).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
    ]);
  });

  it('turns round as the published predictor does where every frame is tracked again', async () => {
    const { create, networks } = setup({ rules: { preset: 'benchmark' } });
    const tracker = create();
    await seedAt(tracker, 10);
    await run(tracker, 11, 39);
    networks.calls.length = 0;
    await run(tracker, 9, 8);
    const [bank] = networks.of('attend')[0]?.banks ?? [];
    // Frames 11 to 15 are two to six frames passed, 11 to 24 have pointers in reach.
    expect(bank?.blocks.map(({ row }) => row)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(bank?.pointers).toHaveLength(15);
  });

  it('does not let a correction last where the rules say so', async () => {
    const networks = new FakeSam2Networks();
    const model = { id: 'fake', sha256: '' };
    const engine = sam2Engine(networks, { engine: 'sam2', model, device: 'cpu', settings: {} });
    const rules = { preset: 'benchmark' as const, addAllFramesToCorrectAsCond: false };
    const tracker = engine.createTracker({ clip: { first, last: first + 9 }, rules });
    await seedAt(tracker, 0);
    const [tracked] = await run(tracker, 1, 1);
    await tracker.correct(frameAt(first + 1), click(2, 'negative'));
    expect((await run(tracker, 1, 1))[0]).toEqual(tracked);
  });

  it('refuses what comes before a seed, a frame of another size, and a correction too late', async () => {
    const { create } = setup();
    await expect(create().track(frameAt(first), 'forward')).rejects.toMatchObject({
      code: 'prompt_missing',
    });
    const tracker = create();
    await seedAt(tracker, 0);
    await expect(tracker.track(frameAt(first + 1, 32), 'forward')).rejects.toMatchObject({
      code: 'source_unreadable',
      message: expect.stringContaining('32x64'),
    });
    await run(tracker, 1, 2);
    await expect(tracker.correct(frameAt(first + 1), click())).rejects.toMatchObject({
      code: 'internal',
    });
  });
});

describe('a Sam2Tracker that goes where the published predictor goes', () => {
  /** Masks of every frame as the predictor has them: prompts on frames 8 and 14, there and back. */
  async function predicted(networks: FakeSam2Networks): Promise<Map<number, Float32Array>> {
    const cache = new FeatureCache(networks, 2 ** 20);
    const predictor = new Sam2Predictor(networks, resolveRules({ preset: 'benchmark' }), {
      width: 64,
      height: 64,
      frameCount: 24,
      features: (index) => cache.features(frameAt(first + index)),
    });
    await predictor.addPoints(8, 1, click());
    await predictor.addPoints(14, 1, click(9));
    const masks = new Map<number, Float32Array>();
    for (const direction of ['forward', 'backward'] as const) {
      for await (const frame of predictor.propagate({ direction })) {
        masks.set(frame.index, frame.masks.get(1)?.mask ?? new Float32Array());
      }
    }
    return masks;
  }

  it('has its masks to the bit, with all it forgot on the way', async () => {
    const { create, restore, networks } = setup({
      frameCount: 24,
      rules: { preset: 'benchmark' },
    });
    const other = create();
    await seedAt(other, 14, click(9));
    const tracker = create();
    const seeded = await seedAt(tracker, 8);
    await tracker.learn(other.snapshot());
    const there = await run(tracker, 9, 23);
    // Also over a snapshot, on which the way back depends no less.
    const back = await run(restore(tracker.snapshot()), 7, 0);
    const masks = await predicted(networks);
    expect([...back.reverse(), seeded.logits, ...there]).toEqual(
      Array.from({ length: 24 }, (_, index) => masks.get(index)),
    );
  });
});

describe('snapshots of a Sam2Tracker', () => {
  it('restore to a tracker that goes on bit for bit the same', async () => {
    const { create, restore } = setup();
    const other = create();
    await seedAt(other, 12, click(9));
    const tracker = create();
    await seedAt(tracker, 0);
    await tracker.learn(other.snapshot());
    await run(tracker, 1, 9);
    await tracker.correct(frameAt(first + 9), click(2, 'negative'));
    await run(tracker, 10, 10);
    const bytes = tracker.snapshot();
    const restored = restore(bytes);
    expect(restored.snapshot()).toEqual(bytes);
    const corrected = await restored.correct(frameAt(first + 10), click(1, 'negative'));
    expect(await tracker.correct(frameAt(first + 10), click(1, 'negative'))).toEqual(corrected);
    expect(await run(restored, 11, 30)).toEqual(await run(tracker, 11, 30));
    expect(restored.snapshot()).toEqual(tracker.snapshot());
  });

  it('restore where only the key was seen, and where the object was gone', async () => {
    const { create, restore, networks } = setup();
    const tracker = create();
    await seedAt(tracker, 4);
    const restored = restore(tracker.snapshot());
    networks.says = (seed) => ({ score: seed % 2 === 0 ? -1 : 1 });
    expect(await run(restored, 3, 0)).toEqual(await run(tracker, 3, 0));
  });

  it('do not grow with the frames tracked, and hold no more than later frames attend to', async () => {
    const { create, networks } = setup({ frameCount: 1200 });
    const tracker = create();
    await seedAt(tracker, 0);
    await run(tracker, 1, 100);
    const { length } = tracker.snapshot();
    await run(tracker, 101, 1000);
    expect(tracker.snapshot().length - length).toBeLessThan(100);
    // One conditioning frame, six memories, fifteen pointers, the mask; numbers of 2 and 4 bytes.
    const [tokens, pointer, mask] = [2 * 16 * 64, 4 * 256, 4 * 256];
    expect(length).toBeLessThan(7 * tokens + 16 * pointer + 2 * mask + 1500);
    expect(networks.of('attend').at(-1)?.banks[0]?.pointers).toHaveLength(16);
  });

  it('do not grow with corrections either, which stay attended to while they are near', async () => {
    const { create, networks } = setup({ frameCount: 400 });
    const tracker = create();
    await seedAt(tracker, 0);
    const sizes: number[] = [];
    for (let index = 10; index < 300; index += 10) {
      await run(tracker, index - 9, index);
      await tracker.correct(frameAt(first + index), click(2, 'negative'));
      sizes.push(tracker.snapshot().length);
    }
    expect((sizes.at(-1) ?? 0) - (sizes[5] ?? 0)).toBeLessThan(200);
    const rows = networks
      .of('attend')
      .at(-1)
      ?.banks[0]?.blocks.map(({ row }) => row);
    expect(rows?.filter((row) => row === 6)).toHaveLength(4);
  });

  it('are refused with what is wrong with them', async () => {
    const { create, restore } = setup();
    const tracker = create();
    await seedAt(tracker, 0);
    await run(tracker, 1, 3);
    const bytes = tracker.snapshot();
    const changed = (at: number, value: number) => {
      const copy = bytes.slice();
      copy[at] = value;
      return copy;
    };
    const corrupt = expect.objectContaining({ code: 'cache_corrupt' });
    expect(() => restore(changed(0, 0))).toThrow(corrupt);
    expect(() => restore(changed(8, 99))).toThrow(/version 99/);
    expect(() => restore(changed(16, 0))).toThrow(/header/);
    expect(() => restore(bytes.subarray(0, bytes.length - 4))).toThrow(/cut short/);
    expect(() => restore(bytes.subarray(0, 10))).toThrow(corrupt);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
        expect(() => restore(bytes.slice(0, length))).toThrow(corrupt);
      }),
    );
  });
});

describe('Engine.step of SAM 2', () => {
  it('encodes a frame once for all trackers, and takes those of equal memory together', async () => {
    const { engine, networks, create } = setup();
    const trackers = [create(), create()];
    for (const [i, tracker] of trackers.entries()) await seedAt(tracker, 0, click(5 + i));
    networks.calls.length = 0;
    const steps = trackers.map((tracker) => ({
      kind: 'track' as const,
      tracker,
      direction: 'forward' as const,
    }));
    const masks = await engine.step(frameAt(first + 1), steps);
    expect(networks.calls.map(({ kind }) => kind)).toEqual([
      'encode',
      'attend',
      'decode',
      'encodeMemory',
    ]);
    expect(networks.of('attend')[0]?.banks).toHaveLength(2);
    const alone = create();
    await seedAt(alone, 0, click(6));
    expect(masks[1]?.logits).toEqual((await run(alone, 1, 1))[0]);
  });

  it('does steps of all kinds on one frame, masks in the order of the steps', async () => {
    const { engine, networks, create } = setup();
    const [known, seeded, corrected, shorter] = [create(), create(), create(), create()];
    await seedAt(known, 1);
    await seedAt(corrected, 1);
    await seedAt(shorter, 0);
    networks.calls.length = 0;
    const masks = await engine.step(frameAt(first + 1), [
      { kind: 'track', tracker: known, direction: 'forward' },
      { kind: 'seed', tracker: seeded, prompt: click(9) },
      { kind: 'correct', tracker: corrected, prompt: click(2, 'negative') },
      { kind: 'track', tracker: shorter, direction: 'forward' },
    ]);
    expect(networks.of('encode')).toEqual([]);
    expect(networks.of('attend')).toHaveLength(1);
    expect(masks[0]?.logits).toEqual((await run(known, 1, 1))[0]);
    expect(new Set(masks.map(({ logits }) => logits[0])).size).toBe(4);
  });

  it('counts encoder runs, none for a frame seen again, and seconds by stage', async () => {
    const { engine, create } = setup();
    const tracker = create();
    await seedAt(tracker, 0);
    await run(tracker, 1, 5);
    expect(engine.counts()).toEqual({ encode: 6 });
    await seedAt(create(), 3, click(9));
    expect(engine.counts()).toEqual({ encode: 6 });
    const seconds = engine.timings();
    expect(Object.keys(seconds)).toEqual(['encode', 'prompt', 'track']);
    for (const value of Object.values(seconds)) expect(value).toBeGreaterThan(0);
  });
});

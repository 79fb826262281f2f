import { describe, expect, it } from 'vitest';
import { FakeSam2Networks } from '../../../test/support/fake-sam2-networks.ts';
import { absentLogit } from './choose-mask.ts';
import type { FrameFeatures } from './networks.ts';
import { type PredictedFrame, type PropagateOptions, Sam2Predictor } from './predictor.ts';
import { resolveRules, type Sam2Rules } from './presets.ts';

const click = (x = 5, label: 'positive' | 'negative' = 'positive') => ({
  points: [{ x, y: 5, label }],
});

interface Setup {
  readonly frameCount?: number;
  readonly rules?: Partial<Sam2Rules>;
}

function setup({ frameCount = 12, rules }: Setup = {}) {
  const networks = new FakeSam2Networks();
  const seen = new Map<number, FrameFeatures>();
  const clip = {
    width: 64,
    height: 64,
    frameCount,
    features: async (index: number) => {
      const features = seen.get(index) ?? (await networks.encode(Uint8Array.of(index)));
      seen.set(index, features);
      return features;
    },
  };
  const whole = { ...resolveRules({ preset: 'benchmark' }), ...rules };
  const predictor = new Sam2Predictor(networks, whole, clip);
  const run = async (options?: PropagateOptions): Promise<PredictedFrame[]> => {
    networks.calls.length = 0;
    return collect(predictor.propagate(options));
  };
  return { networks, predictor, run };
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

const indices = (frames: readonly PredictedFrame[]) => frames.map(({ index }) => index);
const maskOf = (frame: PredictedFrame | undefined, object = 1) => frame?.masks.get(object)?.mask;

describe('Sam2Predictor: prompts', () => {
  it('decodes the first click on the features alone, and remembers nothing yet', async () => {
    const { networks, predictor } = setup();
    const { masks } = await predictor.addPoints(3, 1, click());
    expect([...masks.keys()]).toEqual([1]);
    expect(networks.calls.map(({ kind }) => kind)).toEqual(['encode', 'decode']);
    const [decode] = networks.of('decode');
    expect(decode?.image).toBe('without memory');
    expect(decode?.prompts).toEqual([{ points: [{ x: 5, y: 5, label: 1 }] }]);
  });

  it('refines the first result by a second click on the frame', async () => {
    const { networks, predictor } = setup();
    networks.says = () => ({
      masks: [0, 40, 2, 3].map((v) => new Float32Array(256).fill(v)),
      ious: Float32Array.of(0, 1, 0, 0),
    });
    await predictor.addPoints(3, 1, click(5));
    await predictor.addPoints(3, 1, click(9));
    const [prompt] = networks.of('decode')[1]?.prompts ?? [];
    // The new click replaces the first; its mask goes along, kept within 32.
    expect(prompt?.points).toEqual([{ x: 9, y: 5, label: 1 }]);
    expect(new Set(prompt?.mask)).toEqual(new Set([32]));
    await predictor.addPoints(3, 1, click(1, 'negative'), true);
    expect(networks.of('decode')[2]?.prompts[0]?.points.map(({ x }) => x)).toEqual([9, 1]);
  });

  it('refuses a box where earlier points are kept, and a prompt that says nothing', async () => {
    const { predictor } = setup();
    const box = { x1: 0, y1: 0, x2: 9, y2: 9 };
    const refused = expect.objectContaining({ code: 'invalid_argument' });
    await expect(predictor.addPoints(0, 1, { points: [], box }, true)).rejects.toEqual(refused);
    await expect(predictor.addPoints(0, 1, { points: [] })).rejects.toEqual(refused);
  });

  it('takes a given mask as it is and asks the decoder for its pointer only', async () => {
    const { networks, predictor } = setup();
    const data = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 32 ? 255 : 0));
    const frame = await predictor.addMask(2, 1, { width: 64, height: 64, data });
    expect(networks.of('decode')[0]?.image).toBe('raw');
    expect(networks.of('decode')[0]?.prompts[0]?.points).toEqual([]);
    // Logits of -10 and 10, four to one at the edge.
    const row = Array.from(maskOf(frame)?.slice(0, 16) ?? [], (logit) => logit.toFixed(3));
    const inside = Array.from({ length: 7 }, () => '10.000');
    const outside = inside.map((logit) => `-${logit}`);
    expect(row).toEqual([...inside, '7.500', '-7.500', ...outside]);
    expect(frame.masks.get(1)?.score).toBe(10);
  });

  it('takes an empty mask for an object that is not there', async () => {
    const { networks, predictor, run } = setup();
    const data = new Uint8Array(64 * 64);
    const frame = await predictor.addMask(0, 1, { width: 64, height: 64, data });
    expect(frame.masks.get(1)?.score).toBe(-10);
    await run({ most: 1 });
    expect(networks.of('encodeMemory')[0]?.masks[0]?.present).toBe(false);
    const [bank] = networks.of('attend')[0]?.banks ?? [];
    expect(bank?.pointers[0]?.pointer).toBe(networks.vectors.noObjectPointer);
  });

  it('shows objects that were never seen on a frame as absent', async () => {
    const { predictor } = setup();
    await predictor.addPoints(3, 7, click());
    const { masks } = await predictor.addPoints(5, 2, click());
    expect([...masks.keys()]).toEqual([7, 2]);
    expect(new Set(masks.get(7)?.mask)).toEqual(new Set([absentLogit]));
  });
});

describe('Sam2Predictor: propagation', () => {
  it('remembers prompts first, then goes from the first prompted frame to the last frame', async () => {
    const { networks, predictor, run } = setup({ frameCount: 5 });
    const prompted = await predictor.addPoints(2, 1, click());
    const frames = await run();
    expect(indices(frames)).toEqual([2, 3, 4]);
    expect(maskOf(frames[0])).toEqual(maskOf(prompted));
    expect(networks.calls.map(({ kind }) => kind).filter((kind) => kind !== 'encode')).toEqual([
      'encodeMemory',
      'attend',
      'decode',
      'encodeMemory',
      'attend',
      'decode',
      'encodeMemory',
    ]);
    expect(networks.of('encodeMemory').map(({ masks }) => masks[0]?.binary)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('remembers prompted frames as 0 and 1 if the rules say so, tracked ones never', async () => {
    const { networks, predictor, run } = setup({
      frameCount: 2,
      rules: { binarizeMaskFromPoints: true },
    });
    await predictor.addPoints(0, 1, click());
    await run();
    expect(networks.of('encodeMemory').map(({ masks }) => masks[0]?.binary)).toEqual([true, false]);
  });

  it('counts frames as the published predictor does: one more than asked for', async () => {
    const { predictor, run } = setup();
    await predictor.addPoints(4, 1, click());
    expect(indices(await run({ most: 2 }))).toEqual([4, 5, 6]);
    expect(indices(await run({ most: 2, direction: 'backward' }))).toEqual([4, 3, 2]);
    expect(indices(await run({ start: 9, direction: 'backward', most: 3 }))).toEqual([9, 8, 7, 6]);
    expect(indices(await run({ start: 0, direction: 'backward' }))).toEqual([]);
  });

  it('lets the way back see what the way there remembered', async () => {
    const { networks, predictor, run } = setup();
    await predictor.addPoints(4, 1, click());
    await run({ most: 3 });
    await run({ direction: 'backward', most: 1 });
    const [bank] = networks.of('attend')[0]?.banks ?? [];
    expect(bank?.blocks.map(({ row }) => row)).toEqual([6, 3, 2, 1]);
  });

  it('keeps a correction of a tracked frame, which attends to what came before it', async () => {
    const { networks, predictor, run } = setup();
    await predictor.addPoints(0, 1, click());
    const tracked = await run();
    networks.calls.length = 0;
    const corrected = await predictor.addPoints(8, 1, click(2, 'negative'));
    const [decode] = networks.of('decode');
    expect(decode?.image).toBe('attended');
    expect(decode?.prompts[0]?.mask).toEqual(maskOf(tracked[8]));
    expect(networks.of('attend')[0]?.banks[0]?.blocks.map(({ row }) => row)).toEqual([
      6, 5, 4, 3, 2, 1, 0,
    ]);
    const again = await run();
    expect(maskOf(again[8])).toEqual(maskOf(corrected));
    expect(maskOf(again[3])).not.toEqual(maskOf(tracked[3]));
    // Frame 3 now attends to two conditioning frames, and to three frames just passed.
    expect(networks.of('attend')[2]?.banks[0]?.blocks.map(({ row }) => row)).toEqual([6, 6, 1, 0]);
  });

  it('loses corrections where they make no conditioning frames, as the published default does', async () => {
    const { predictor, run } = setup({ rules: { addAllFramesToCorrectAsCond: false } });
    await predictor.addPoints(0, 1, click());
    const tracked = await run();
    await predictor.addPoints(8, 1, click(2, 'negative'));
    expect(maskOf((await run())[8])).toEqual(maskOf(tracked[8]));
    await predictor.addPoints(0, 1, click(2, 'negative'));
    expect(maskOf((await run())[0])).toEqual(maskOf(tracked[0]));
  });

  it('runs an object before its own first prompt, by what lies ahead', async () => {
    const { networks, predictor, run } = setup();
    await predictor.addPoints(0, 1, click());
    await predictor.addPoints(6, 2, click(9));
    const frames = await run({ most: 1 });
    expect(maskOf(frames[0], 2)).toBeDefined();
    // On frame 0 the second object alone is tracked: it has a memory ahead and no pointer.
    const banks = networks
      .of('attend')
      .map((call) => call.banks.map((bank) => [bank.blocks.length, bank.pointers.length]));
    expect(banks).toEqual([[[1, 0]], [[1, 1]], [[2, 1]]]);
  });

  it('tracks objects together whose memories are equally long', async () => {
    const { networks, predictor, run } = setup();
    await predictor.addPoints(0, 1, click());
    await predictor.addPoints(0, 2, click(9));
    await run({ most: 2 });
    expect(networks.of('attend').map(({ banks }) => banks.length)).toEqual([2, 2]);
  });

  it('tracks each object as if it were alone', async () => {
    const together = setup();
    await together.predictor.addPoints(0, 1, click());
    await together.predictor.addPoints(0, 2, click(9));
    const alone = setup();
    await alone.predictor.addPoints(0, 2, click(9));
    expect((await together.run()).map((frame) => maskOf(frame, 2))).toEqual(
      (await alone.run()).map((frame) => maskOf(frame, 2)),
    );
  });

  it('marks absent objects in mask, memory and pointer', async () => {
    const { networks, predictor, run } = setup();
    await predictor.addPoints(0, 1, click());
    networks.says = () => ({ score: -1 });
    const frames = await run({ most: 2 });
    expect(new Set(maskOf(frames[1]))).toEqual(new Set([absentLogit]));
    expect(networks.of('encodeMemory').map(({ masks }) => masks[0]?.present)).toEqual([
      true,
      false,
      false,
    ]);
    const [bank] = networks.of('attend')[1]?.banks ?? [];
    expect(bank?.pointers[1]?.pointer).toBe(networks.vectors.noObjectPointer);
  });

  it('goes over a clip of one frame', async () => {
    const { predictor, run } = setup({ frameCount: 1 });
    await predictor.addPoints(0, 1, click());
    expect(indices(await run())).toEqual([0]);
    await predictor.addPoints(0, 1, click(2, 'negative'));
    expect(indices(await run())).toEqual([0]);
  });

  it('refuses to go anywhere before something was said', async () => {
    const { predictor, run } = setup();
    await expect(run()).rejects.toMatchObject({ code: 'prompt_missing' });
    await predictor.addPoints(0, 1, click());
    predictor.clearPrompts(0, 1);
    await expect(run()).rejects.toMatchObject({ code: 'prompt_missing' });
  });
});

describe('Sam2Predictor: taking back', () => {
  it('makes a cleared frame one that was only tracked', async () => {
    const { predictor, run } = setup();
    await predictor.addPoints(0, 1, click());
    await predictor.addPoints(5, 1, click(9));
    const both = await run();
    const cleared = predictor.clearPrompts(5, 1);
    expect(maskOf(cleared)).toEqual(maskOf(both[5]));
    const one = await run();
    expect(maskOf(one[5])).not.toEqual(maskOf(both[5]));
    const alone = setup();
    await alone.predictor.addPoints(0, 1, click());
    expect(one.map((frame) => maskOf(frame))).toEqual(
      (await alone.run()).map((frame) => maskOf(frame)),
    );
  });

  it('forgets a prompt that was not tracked yet', async () => {
    const { predictor, run } = setup();
    await predictor.addPoints(2, 1, click());
    await predictor.addPoints(0, 1, click());
    expect(new Set(maskOf(predictor.clearPrompts(0, 1)))).toEqual(new Set([absentLogit]));
    expect(indices(await run())[0]).toBe(2);
  });

  it('forgets an object, and all of them', async () => {
    const { predictor, run } = setup();
    await predictor.addPoints(0, 1, click());
    await predictor.addPoints(4, 2, click());
    predictor.removeObject(1);
    expect(predictor.objects).toEqual([2]);
    const frames = await run();
    expect(frames[0]?.index).toBe(4);
    expect([...(frames[0]?.masks.keys() ?? [])]).toEqual([2]);
    predictor.reset();
    expect(predictor.objects).toEqual([]);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { packBfloat16, unpackBfloat16 } from '../../src/engine/sam2/bfloat16.ts';
import { chooseMask } from '../../src/engine/sam2/choose-mask.ts';
import type { Precision } from '../../src/engine/sam2/graph/sam2-graph.ts';
import type { Sam2Networks, StoredBank, TrackedMask } from '../../src/engine/sam2/networks.ts';
import { createSam2Networks } from '../../src/engine/sam2/onnx-networks.ts';
import { resolveRules } from '../../src/engine/sam2/presets.ts';
import { resizeSmoothly } from '../../src/engine/sam2/resize-smoothly.ts';
import { sam2Engine } from '../../src/engine/sam2/sam2-engine.ts';
import { squarePicture } from '../../src/engine/sam2/square-picture.ts';
import { difference } from '../support/difference.ts';
import { madeFrame, madeHeight, madeWidth } from '../support/made-clip.ts';
import { MadeModels } from '../support/made-model.ts';
import { madeWeights } from '../support/made-weights.ts';
import { overlap } from '../support/overlap.ts';

const size = 128;
const side = size / 16;
/** Moves every score above 0, or below. */
const there = 5;
const gone = -40;

let folder: string;
let models: MadeModels;
let networks: Sam2Networks;
let halves: Sam2Networks;
let absent: Sam2Networks;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto fused '));
  models = await MadeModels.create();
  networks = await open('fp32', there);
  halves = await open('fp16', there);
  absent = await open('fp32', gone);
}, 300_000);

afterAll(async () => {
  for (const one of [networks, halves, absent]) await one.dispose();
  await rm(folder, { recursive: true });
  await models.remove();
});

async function open(precision: Precision, scoreShift: number): Promise<Sam2Networks> {
  const checkpoint = await openCheckpoint(await models.path('sam2.1-tiny', scoreShift));
  const cacheDir = join(folder, 'cache');
  const options = { checkpoint, inputSize: size, cacheDir, precision, fused: true, threads: 2 };
  try {
    return await createSam2Networks(options);
  } finally {
    await checkpoint.close();
  }
}

const square = squarePicture({ width: madeWidth, height: madeHeight, rgb: madeFrame(3) }, size);

function values(name: string, count: number): Float32Array {
  return madeWeights(`${name}.weight`, [count]).map((value) => value / 0.3);
}

function bank(name: string, frames: number, pointers: number): StoredBank {
  return {
    blocks: Array.from({ length: frames }, (_, at) => ({
      tokens: packBfloat16(values(`${name} map ${at}`, side * side * 64)),
      row: (at + 6) % 7,
    })),
    pointers: Array.from({ length: pointers }, (_, at) => ({
      pointer: values(`${name} pointer ${at}`, 256),
      position: at / 15,
    })),
  };
}

/** What the networks give one after the other, the choice among masks made outside. */
async function inParts(
  { encode, attend, decode, encodeMemory, vectors }: Bound,
  banks: readonly StoredBank[],
): Promise<TrackedMask[]> {
  const features = await encode(square);
  const image = await attend(
    features,
    banks.map(({ blocks, pointers }) => ({
      blocks: blocks.map(({ tokens, row }) => ({ tokens: unpackBfloat16(tokens), row })),
      pointers,
    })),
  );
  const decoded = await decode(
    features,
    image,
    banks.map(() => ({ points: [] })),
  );
  const rules = resolveRules({ preset: 'product' });
  const chosen = decoded.map((one) => chooseMask(one, 0, vectors, rules));
  const memories = await encodeMemory(
    features,
    chosen.map(({ mask, score }) => ({ logits: mask, binary: false, present: score > 0 })),
  );
  return chosen.map((one, at) => ({
    ...one,
    ious: decoded[at]?.ious ?? new Float32Array(),
    memory: memories[at] ?? new Float32Array(),
  }));
}

type Bound = Pick<Sam2Networks, 'encode' | 'attend' | 'decode' | 'encodeMemory' | 'vectors'>;

function bound(of: Sam2Networks): Bound {
  return {
    encode: (...given) => of.encode(...given),
    attend: (...given) => of.attend(...given),
    decode: (...given) => of.decode(...given),
    encodeMemory: (...given) => of.encodeMemory(...given),
    vectors: of.vectors,
  };
}

async function atOnce(of: Sam2Networks, banks: readonly StoredBank[]) {
  if (of.trackFrame === undefined) throw new Error('Expected a network for all of a frame');
  return of.trackFrame(square, banks);
}

const banksOf = (objects: number, frames: number, pointers: number) =>
  ['a', 'b'].slice(0, objects).map((name) => bank(name, frames, pointers));

for (const [objects, frames, pointers] of [
  [1, 1, 0],
  [1, 3, 4],
  [2, 2, 0],
  [2, 3, 2],
] as const) {
  test(`one run gives what the networks give in turn: ${objects} object(s), ${pointers} pointers`, async () => {
    const banks = banksOf(objects, frames, pointers);
    const expected = await inParts(bound(networks), banks);
    const got = await atOnce(networks, banks);
    expect(got.length).toBe(objects);
    for (const [at, one] of expected.entries()) {
      expect(one.score).toBeGreaterThan(0);
      expect(got[at]?.score).toBeCloseTo(one.score, 4);
      for (const part of ['mask', 'pointer', 'ious', 'memory'] as const) {
        expect(difference(got[at]?.[part] ?? [], one[part]), part).toBeLessThan(1e-5);
      }
    }
  });
}

test('an object that is not there has no mask, its pointer and its memory say so', async () => {
  const banks = banksOf(2, 2, 1);
  const expected = await inParts(bound(absent), banks);
  const got = await atOnce(absent, banks);
  for (const [at, one] of expected.entries()) {
    expect(one.score).toBeLessThan(0);
    expect(got[at]?.mask.every((logit) => logit === -1024)).toBe(true);
    expect(got[at]?.pointer).toEqual(absent.vectors.noObjectPointer);
    expect(difference(got[at]?.memory ?? [], one.memory)).toBeLessThan(1e-5);
  }
});

/** Logits at the size of the square. */
function enlarged(logits: ArrayLike<number>): Float32Array {
  const values = Float32Array.from(logits);
  return resizeSmoothly({ width: 4 * side, height: 4 * side, values }, size, size).values;
}

test('in float16 a frame has nearly the masks it has in float32, at once and in parts', async () => {
  const banks = banksOf(2, 3, 2);
  const expected = await atOnce(networks, banks);
  for (const got of [await atOnce(halves, banks), await inParts(bound(halves), banks)]) {
    for (const [at, one] of expected.entries()) {
      const mask = got[at]?.mask ?? [];
      expect(difference(mask, one.mask)).toBeLessThan(2e-2);
      // Numbers that are not float16 after all would be equal.
      expect(difference(mask, one.mask)).toBeGreaterThan(1e-6);
      expect(overlap(enlarged(mask), enlarged(one.mask))).toBeGreaterThanOrEqual(0.995);
      expect(difference(got[at]?.memory ?? [], one.memory)).toBeLessThan(2e-2);
    }
  }
});

test('two objects tracked through frames are the same with and without the one run', async () => {
  const apart: Sam2Networks = {
    ...bound(networks),
    inputSize: size,
    shrinkMask: (mask) => networks.shrinkMask(mask),
    seconds: () => networks.seconds(),
    dispose: async () => {},
  };
  let runs = 0;
  const fused: Sam2Networks = {
    ...apart,
    trackFrame: async (...given) => {
      runs += 1;
      if (networks.trackFrame === undefined) throw new Error('Expected a network for a frame');
      return networks.trackFrame(...given);
    },
  };
  const [one, other] = [await play(fused), await play(apart)];
  expect(runs).toBe(5);
  expect(one.encoded).toBeLessThan(other.encoded);
  expect(one.masks.length).toBe(other.masks.length);
  for (const [at, mask] of other.masks.entries()) {
    expect(difference(one.masks[at] ?? [], mask)).toBeLessThan(1e-3);
  }
}, 60_000);

/** Two objects clicked on frame 0, followed, one of them corrected, and followed on. */
async function play(over: Sam2Networks) {
  const identity = {
    engine: 'sam2' as const,
    model: { id: 'made', sha256: '0'.repeat(64) },
    device: 'cpu',
    settings: {},
  };
  const engine = sam2Engine(over, identity);
  const setup = { clip: { first: 0, last: 5 }, rules: { preset: 'product' as const } };
  const first = engine.createTracker(setup);
  const trackers = [first, engine.createTracker(setup)];
  const frameAt = (number: number) => ({
    number,
    width: madeWidth,
    height: madeHeight,
    rgb: madeFrame(number),
  });
  const masks: Float32Array[] = [];
  const click = (x: number, y: number) => ({ points: [{ x, y, label: 'positive' as const }] });
  for (const [at, tracker] of trackers.entries()) {
    masks.push((await tracker.seed(frameAt(0), click(90 + 120 * at, 90))).logits);
  }
  for (let number = 1; number <= 5; number += 1) {
    const frame = frameAt(number);
    const steps = trackers.map((tracker) => ({
      kind: 'track' as const,
      tracker,
      direction: 'forward' as const,
    }));
    for (const { logits } of await engine.step(frame, steps)) masks.push(logits);
    if (number === 3) {
      masks.push((await first.correct(frame, click(100, 95))).logits);
    }
  }
  const { encode: encoded = 0 } = engine.counts();
  return { masks, encoded };
}

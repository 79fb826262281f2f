import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EnginePrompt, ObjectMask } from '../engine/engine.ts';
import type { TrackerCall } from '../engine/engine-calls.ts';
import type { Frame, ReadFramesOptions } from '../media/clip.ts';
import { trackPrompt } from './anchor.ts';
import { packMask } from './mask-codec.ts';
import { type ObjectPlan, planObject } from './plan.ts';
import { readMaskAt } from './read-mask-at.ts';
import { TrackStore } from './store.ts';
import { type TrackedClip, type TrackingHost, trackObjects } from './tracking.ts';

const lastFrame = 79;
const range = { first: 0, last: lastFrame };
const key = (frame: number, x = 5) =>
  trackPrompt(frame, { points: [{ x, y: 5, label: 'positive' }] });
const correction = (frame: number) =>
  trackPrompt(frame, { points: [{ x: 1, y: 1, label: 'negative' }] });

function frameAt(number: number): Frame {
  return { number, width: 1, height: 1, rgb: Uint8Array.of(number, 0, 0) };
}

/** A clip without decoder: the pixel of a frame is its number. */
function countedClip(): TrackedClip {
  return {
    info: { firstFrame: 0, lastFrame },
    frame: async (number) => frameAt(number),
    async *frames(options: ReadFramesOptions = {}) {
      const { first, last } = options.range ?? range;
      const backward = options.direction === 'backward';
      for (let i = 0; i <= last - first; i += 1) yield frameAt(backward ? last - i : first + i);
    },
  };
}

/**
 * Trackers whose state is a hash of everything they ever saw, so that two masks are equal only
 * where the whole way to them was.
 */
function hashingHost(): TrackingHost & { steps: number } {
  const states = new Map<number, number>();
  let next = 1;
  const mix = (state: number, value: number): number =>
    Math.imul((state ^ value) >>> 0, 16_777_619) >>> 0;
  const said = (prompt: EnginePrompt): number => {
    let state = 2_166_136_261;
    for (const code of JSON.stringify(prompt)) state = mix(state, code.charCodeAt(0));
    return state;
  };
  const after = (call: TrackerCall, frame: Frame): number => {
    const seen = call.kind === 'seed' ? 1 : (states.get(call.tracker) ?? Number.NaN);
    const state = mix(seen, frame.rgb[0] ?? 0);
    return call.kind === 'track' ? state : mix(state, said(call.prompt));
  };
  const maskOf = (state: number): ObjectMask => ({
    width: 2,
    height: 1,
    logits: Float32Array.of((state & 0xffff) / 100, (state >>> 16) / -100),
    region: { x: 0, y: 0, width: 1, height: 1 },
    score: 0.9,
  });
  const host = {
    steps: 0,
    newTracker: () => next++,
    async step(frame: Frame, calls: readonly TrackerCall[]) {
      return calls.map((call) => {
        if (call.kind === 'track') host.steps += 1;
        const state = after(call, frame);
        states.set(call.tracker, state);
        return maskOf(state);
      });
    },
    async snapshot(tracker: number) {
      return new Uint8Array(Uint32Array.of(states.get(tracker) ?? Number.NaN).buffer);
    },
    async restore(tracker: number, bytes: Uint8Array) {
      states.set(tracker, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true));
      return undefined;
    },
    async drop(tracker: number) {
      states.delete(tracker);
      return undefined;
    },
  };
  return host;
}

let folders: string[] = [];
beforeEach(() => {
  folders = [];
});
afterEach(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

async function newStore(): Promise<TrackStore> {
  const folder = await mkdtemp(join(tmpdir(), 'roto-store-'));
  folders.push(folder);
  return new TrackStore(folder);
}

interface TrackOptions {
  readonly signal?: AbortSignal;
  /** Stops as a killed process does, after so many steps. */
  readonly steps?: number;
}

async function track(
  store: TrackStore,
  plans: readonly ObjectPlan[],
  options: TrackOptions = {},
): Promise<{ tracked: number; progress: { done: number; total: number; reused: number }[] }> {
  const host = hashingHost();
  const clip = countedClip();
  const progress = [];
  const stop = options.signal === undefined ? {} : { signal: options.signal };
  for await (const step of trackObjects({ clip, host, store, plans, ...stop })) {
    progress.push(step);
    if (progress.length === options.steps) break;
  }
  return { tracked: host.steps, progress };
}

async function allMasks(store: TrackStore, plan: ObjectPlan): Promise<string[]> {
  const masks: string[] = [];
  for (let frame = 0; frame <= lastFrame; frame += 1) {
    const cached = await readMaskAt(store, plan, frame);
    masks.push(cached.state === 'tracked' ? packMask(cached.mask).toString('hex') : cached.state);
  }
  return masks;
}

function flipped(bytes: Buffer): Buffer {
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return bytes;
}

describe('trackObjects', () => {
  it('tracks every frame on both sides of a key once, and nothing the second time', async () => {
    const store = await newStore();
    const plan = planObject({ prompts: [key(30)], range, direction: 'both' });
    expect((await track(store, [plan])).tracked).toBe(79);
    expect((await track(store, [plan])).tracked).toBe(0);
    expect(await allMasks(store, plan)).not.toContain('missing');
    await store.close();
  });

  it('equals an uninterrupted run bit for bit, wherever it was killed', async () => {
    const plan = planObject({ prompts: [key(20), correction(55)], range, direction: 'both' });
    const whole = await newStore();
    await track(whole, [plan]);
    const expected = await allMasks(whole, plan);
    await whole.close();
    for (const steps of [1, 2, 19, 21, 30, 46, 57, 80, 100]) {
      const store = await newStore();
      await track(store, [plan], { steps });
      await store.close();
      const again = new TrackStore(store.folder);
      const { tracked } = await track(again, [plan]);
      expect(await allMasks(again, plan)).toEqual(expected);
      // At most what lies between two snapshots is done twice.
      expect(tracked).toBeLessThan(expected.length + 55 - steps + 26);
      await again.close();
    }
  });

  it('goes on from a snapshot after the last record was torn', async () => {
    const plan = planObject({ prompts: [key(0)], range, direction: 'forward' });
    const whole = await newStore();
    await track(whole, [plan]);
    const store = await newStore();
    await track(store, [plan], { steps: 61 });
    await store.close();
    const run = (await readdir(store.folder)).find((name) => name.endsWith('.run')) ?? '';
    const path = join(store.folder, run);
    await truncate(path, (await readFile(path)).length - 5);
    const { tracked } = await track(store, [plan]);
    expect(await allMasks(store, plan)).toEqual(await allMasks(whole, plan));
    expect(tracked).toBe(79 - 50);
    await store.close();
    await whole.close();
  });

  it('makes what is damaged in the cache again, whatever file it is, and nothing else', async () => {
    const plan = planObject({ prompts: [key(0), correction(40)], range, direction: 'forward' });
    const whole = await newStore();
    await track(whole, [plan]);
    const expected = await allMasks(whole, plan);
    const again = planObject({ prompts: [key(0)], range, direction: 'forward' });
    await whole.close();
    const names = (await readdir(whole.folder)).filter((name) => /\.(mask|state|run)$/.test(name));
    expect(new Set(names.map((name) => name.split('.').at(-1)))).toEqual(
      new Set(['mask', 'state', 'run']),
    );
    for (const name of names) {
      const path = join(whole.folder, name);
      for (const damage of [Buffer.alloc(0), Buffer.from('garbage'), undefined]) {
        const bytes = damage ?? flipped(await readFile(path));
        await writeFile(path, bytes);
        const store = new TrackStore(whole.folder);
        const { tracked } = await track(store, [plan]);
        expect(await allMasks(store, plan), name).toEqual(expected);
        await track(store, [again]);
        await store.close();
        expect(tracked, name).toBeLessThanOrEqual(name.endsWith('.run') ? 79 : 40);
      }
    }
  });

  it('lets two that track one clip at a time go on side by side, and both are right', async () => {
    const plan = planObject({ prompts: [key(0)], range, direction: 'forward' });
    const other = planObject({ prompts: [key(0), key(70)], range, direction: 'both' });
    const apart = await newStore();
    await track(apart, [plan, other]);
    const first = await newStore();
    const second = new TrackStore(first.folder);
    await Promise.all([track(first, [plan]), track(second, [other]), track(second, [plan])]);
    for (const store of [first, second, new TrackStore(first.folder)]) {
      expect(await allMasks(store, plan)).toEqual(await allMasks(apart, plan));
      await store.close();
    }
    const third = new TrackStore(first.folder);
    expect(await allMasks(third, other)).toEqual(await allMasks(apart, other));
    expect((await track(third, [plan, other])).tracked).toBe(0);
    await third.close();
    await apart.close();
  });

  it('keeps the newest two snapshots of a run and no more', async () => {
    const store = await newStore();
    await track(store, [planObject({ prompts: [key(0)], range, direction: 'forward' })]);
    const states = (await readdir(store.folder)).filter((name) => name.includes('.forward.'));
    expect(states.filter((name) => name.endsWith('.state')).sort()).toEqual([
      expect.stringMatching(/\.forward\.75\.state$/),
      expect.stringMatching(/\.forward\.79\.state$/),
    ]);
    await store.close();
  });

  it('reuses every frame outside the span of one more key', async () => {
    const store = await newStore();
    const keys = [key(10), key(60)];
    await track(store, [planObject({ prompts: keys, range, direction: 'both' })]);
    const before = planObject({ prompts: keys, range, direction: 'both' });
    const masksBefore = await allMasks(store, before);
    const plan = planObject({ prompts: [...keys, key(30)], range, direction: 'both' });
    const { tracked, progress } = await track(store, [plan]);
    // From the new key to its neighbours; what the old keys had tracked towards it is there.
    expect(tracked).toBe(19 + 29);
    expect(progress.at(-1)).toMatchObject({ done: progress.at(-1)?.total });
    const masks = await allMasks(store, plan);
    for (let frame = 0; frame <= lastFrame; frame += 1) {
      if (frame <= 10 || frame >= 60) expect(masks[frame]).toBe(masksBefore[frame]);
    }
    await store.close();
  });

  it('gives a correction added later the same masks as one that was there from the start', async () => {
    const plan = planObject({ prompts: [key(0), correction(40)], range, direction: 'both' });
    const fresh = await newStore();
    await track(fresh, [plan]);
    const store = await newStore();
    await track(store, [planObject({ prompts: [key(0)], range, direction: 'both' })]);
    await track(store, [plan]);
    expect(await allMasks(store, plan)).toEqual(await allMasks(fresh, plan));
    await fresh.close();
    await store.close();
  });

  it('counts progress up to a constant total, what was reused included', async () => {
    const store = await newStore();
    const plan = planObject({ prompts: [key(30)], range, direction: 'both' });
    await track(store, [plan], { steps: 20 });
    const { progress } = await track(store, [plan]);
    expect(new Set(progress.map((step) => step.total))).toEqual(new Set([80]));
    const done = progress.map((step) => step.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(80);
    expect(progress[0]?.reused).toBe(20);
    await store.close();
  });

  it('tracks a run that two objects share once', async () => {
    const store = await newStore();
    const plans = [1, 2].map(() => planObject({ prompts: [key(0)], range, direction: 'forward' }));
    expect((await track(store, plans)).tracked).toBe(79);
    await store.close();
  });

  it('stops at once when the signal aborts, with the error it was aborted with', async () => {
    const store = await newStore();
    const plan = planObject({ prompts: [key(0)], range, direction: 'forward' });
    await expect(track(store, [plan], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    });
    await store.close();
  });
});

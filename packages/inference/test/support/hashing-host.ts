import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { EnginePrompt, ObjectMask } from '../../src/engine/engine.ts';
import type { UseCall } from '../../src/engine/engine-use.ts';
import type { Frame, ReadFramesOptions } from '../../src/media/clip.ts';
import { type TrackPrompt, trackPrompt } from '../../src/track/anchor.ts';
import { packMask } from '../../src/track/mask-codec.ts';
import type { ObjectPlan } from '../../src/track/plan.ts';
import { readMaskAt } from '../../src/track/read-mask-at.ts';
import { TrackStore } from '../../src/track/store.ts';
import { type TrackedClip, type TrackingHost, trackObjects } from '../../src/track/tracking.ts';

export const lastFrame = 79;
export const range = { first: 0, last: lastFrame };

/** A positive click: where an object starts. */
export function key(frame: number, x = 5): TrackPrompt {
  return trackPrompt(frame, { points: [{ x, y: 5, label: 'positive' }] });
}

/** A negative click, which only changes what was tracked to it. */
export function correction(frame: number): TrackPrompt {
  return trackPrompt(frame, { points: [{ x: 1, y: 1, label: 'negative' }] });
}

function frameAt(number: number): Frame {
  return { number, width: 1, height: 1, rgb: Uint8Array.of(number, 0, 0) };
}

/** A clip without decoder: the pixel of a frame is its number. */
function countedClip(): TrackedClip {
  return {
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
  const after = (call: UseCall, frame: Frame): number => {
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
    async step(frame: Frame, calls: readonly UseCall[]) {
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
    async learn(tracker: number, bytes: Uint8Array) {
      const learned = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      states.set(tracker, mix(states.get(tracker) ?? Number.NaN, learned));
      return undefined;
    },
    async drop(tracker: number) {
      states.delete(tracker);
      return undefined;
    },
  };
  return host;
}

/** An empty store, gone when the test is over. */
export async function newStore(): Promise<TrackStore> {
  const folder = await mkdtemp(join(tmpdir(), 'roto-store-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return new TrackStore(folder);
}

interface TrackOptions {
  readonly signal?: AbortSignal;
  /** Stops as a killed process does, after so many steps. */
  readonly steps?: number;
}

/** Tracks with {@link hashingHost} and counts. */
export async function track(
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

/** Every mask of a plan as text, or why there is none. */
export async function allMasks(store: TrackStore, plan: ObjectPlan): Promise<string[]> {
  const masks: string[] = [];
  for (let frame = 0; frame <= lastFrame; frame += 1) {
    const cached = await readMaskAt(store, plan, frame);
    masks.push(cached.state === 'tracked' ? packMask(cached.mask).toString('hex') : cached.state);
  }
  return masks;
}

import { parentPort } from 'node:worker_threads';
import { RotoError } from '@roto/sdk/contract';
import { ownBuffer } from '../thread/own-buffer.ts';
import { type Answer, type CallHandler, serveCalls } from '../thread/serve-calls.ts';
import { createEngine } from './create-engine.ts';
import type { Engine, ObjectMask, Tracker, TrackerStep } from './engine.ts';
import type { EngineCalls, TrackerCall } from './engine-calls.ts';

let engine: Engine | undefined;
const trackers = new Map<number, Tracker>();

const handlers: {
  [Call in keyof EngineCalls]: (a: EngineCalls[Call]['argument']) => Promise<Answer>;
} = {
  open: async (config) => {
    engine = await createEngine(config);
    return { value: engine.identity };
  },
  step: async ({ frame, calls }) => {
    const made = await loadedEngine().step(frame, calls.map(stepOf));
    // The logits move to the caller: a tracker may go on using its own.
    const masks = made.map((mask): ObjectMask => ({ ...mask, logits: mask.logits.slice() }));
    return { value: masks, transfer: masks.flatMap((mask) => ownBuffer(mask.logits)) };
  },
  snapshot: async ({ tracker }) => ({ value: trackerOf(tracker).snapshot() }),
  restore: async ({ tracker, setup, state }) => {
    trackers.set(tracker, loadedEngine().restoreTracker(state, setup));
    return { value: undefined };
  },
  learn: async ({ tracker, state }) => {
    await trackerOf(tracker).learn(state);
    return { value: undefined };
  },
  drop: async ({ tracker }) => {
    trackers.delete(tracker);
    return { value: undefined };
  },
  work: async () => ({
    value: { seconds: engine?.timings() ?? {}, counts: engine?.counts() ?? {} },
  }),
  close: async () => {
    trackers.clear();
    await engine?.dispose();
    engine = undefined;
    return { value: undefined };
  },
};

function stepOf(call: TrackerCall): TrackerStep {
  if (call.kind === 'seed') trackers.set(call.tracker, loadedEngine().createTracker(call.setup));
  return { ...call, tracker: trackerOf(call.tracker) };
}

function loadedEngine(): Engine {
  if (engine === undefined) throw new RotoError('internal', 'The engine is not open.');
  return engine;
}

function trackerOf(id: number): Tracker {
  const tracker = trackers.get(id);
  if (tracker === undefined) throw new RotoError('internal', `There is no tracker ${id}.`);
  return tracker;
}

if (parentPort !== null) {
  // biome-ignore lint/plugin: the host sends only what EngineCalls allows, and it is the only sender
  serveCalls(parentPort, handlers as unknown as Record<string, CallHandler>);
}

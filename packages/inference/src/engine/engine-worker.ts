import { parentPort } from 'node:worker_threads';
import { RotoError } from '@roto/sdk/contract';
import { ownBuffer } from '../thread/own-buffer.ts';
import { type Answer, type CallHandler, serveCalls } from '../thread/serve-calls.ts';
import { createEngine } from './create-engine.ts';
import type { Engine, ObjectMask, Tracker } from './engine.ts';
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
    const masks: ObjectMask[] = [];
    for (const call of calls) masks.push(await callTracker(call, frame));
    return { value: masks, transfer: masks.flatMap((mask) => ownBuffer(mask.logits)) };
  },
  snapshot: async ({ tracker }) => ({ value: trackerOf(tracker).snapshot() }),
  restore: async ({ tracker, state }) => {
    trackers.set(tracker, loadedEngine().restoreTracker(state));
    return { value: undefined };
  },
  drop: async ({ tracker }) => {
    trackers.delete(tracker);
    return { value: undefined };
  },
  timings: async () => ({ value: engine?.timings() ?? {} }),
  close: async () => {
    trackers.clear();
    await engine?.dispose();
    engine = undefined;
    return { value: undefined };
  },
};

async function callTracker(
  call: TrackerCall,
  frame: EngineCalls['step']['argument']['frame'],
): Promise<ObjectMask> {
  if (call.kind === 'seed') trackers.set(call.tracker, loadedEngine().createTracker(call.clip));
  const tracker = trackerOf(call.tracker);
  const mask = await (call.kind === 'track'
    ? tracker.track(frame, call.direction)
    : tracker[call.kind](frame, call.prompt));
  // The logits move to the caller: a tracker may go on using its own.
  return { ...mask, logits: mask.logits.slice() };
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

import { RotoError } from '@roto/sdk/contract';
import type { Anchor } from './anchor.ts';
import { longestRuns, type ObjectPlan, type Run, runLength } from './plan.ts';
import type { Snapshot, TrackStore } from './store.ts';

/** A run that has to go on, and from where. */
export interface RunWork {
  readonly run: Run;
  /** Last frame of the run that is in the cache. */
  readonly reached: number;
  /** The state to start from; frames between it and `reached` are tracked again and not kept. */
  readonly resume: Snapshot;
  /** Last frame to track. */
  readonly target: number;
  /** Corrections to be made from this run's masks on the way. */
  readonly corrections: readonly Anchor[];
}

export interface PendingWork {
  /** Key frames the engine has not seen. */
  readonly keys: readonly Anchor[];
  /** Runs that can go on now: their anchors are in the cache. */
  readonly runs: readonly RunWork[];
  /** Steps of the plans in all: prompted frames and tracked frames. */
  readonly total: number;
  /** Of those, how many are not in the cache. */
  readonly left: number;
}

/** Holds the plans of all objects against the cache. */
export async function pendingWork(
  store: TrackStore,
  plans: readonly ObjectPlan[],
): Promise<PendingWork> {
  const anchors = [...new Map(plans.flatMap((p) => p.anchors).map((a) => [a.id, a])).values()];
  const missing = new Set<string>();
  for (const anchor of anchors) if (!(await store.hasAnchor(anchor))) missing.add(anchor.id);
  const works: RunWork[] = [];
  let total = anchors.length;
  let left = missing.size;
  for (const run of longestRuns(plans.flatMap((plan) => plan.runs))) {
    const reached = await store.reached(run);
    total += runLength(run);
    left += Math.max(0, framesBetween(run, reached, run.last));
    const corrections = anchors.filter((anchor) => missing.has(anchor.id) && leansOn(anchor, run));
    if (missing.has(run.anchor.id)) continue;
    const work = await runWork(store, run, reached, corrections);
    if (work !== undefined) works.push(work);
  }
  const keys = anchors.filter((a) => a.base === undefined && missing.has(a.id));
  return { keys, runs: works, total, left };
}

async function runWork(
  store: TrackStore,
  run: Run,
  reached: number,
  corrections: readonly Anchor[],
): Promise<RunWork | undefined> {
  const unfinished = framesBetween(run, reached, run.last) > 0;
  if (!unfinished && corrections.length === 0) return undefined;
  const stops = corrections.map((correction) => correction.frame);
  // A corrected frame is seen again, so the tracker starts before it.
  const step = run.direction === 'forward' ? 1 : -1;
  const from = earliest(run, [reached, ...stops.map((stop) => stop - step)]);
  const target = unfinished ? run.last : latest(run, stops);
  return { run, reached, resume: await resumeState(store, run, from), target, corrections };
}

/** The newest snapshot at or before a frame, else the state at the anchor. */
async function resumeState(store: TrackStore, run: Run, from: number): Promise<Snapshot> {
  const snapshot = await store.readSnapshot(run, from);
  if (snapshot !== undefined) return snapshot;
  const state = await store.readAnchorState(run.anchor);
  if (state !== undefined) return { frame: run.anchor.frame, state };
  throw new RotoError(
    'cache_corrupt',
    `The state of frame ${run.anchor.frame} was in the track cache a moment ago and is gone.`,
    { hint: 'Something else removes files of the cache; run again when it is done.' },
  );
}

function leansOn(anchor: Anchor, run: Run): boolean {
  const { base } = anchor;
  return base !== undefined && base.anchor.id === run.anchor.id && base.direction === run.direction;
}

function framesBetween(run: Run, from: number, to: number): number {
  return run.direction === 'forward' ? to - from : from - to;
}

function earliest(run: Run, frames: readonly number[]): number {
  return run.direction === 'forward' ? Math.min(...frames) : Math.max(...frames);
}

function latest(run: Run, frames: readonly number[]): number {
  return run.direction === 'forward' ? Math.max(...frames) : Math.min(...frames);
}

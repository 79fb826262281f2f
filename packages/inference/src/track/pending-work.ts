import { RotoError } from '@roto/sdk/contract';
import type { Anchor } from './anchor.ts';
import type { ObjectPlan } from './plan.ts';
import { framesBetween, isBeyond, longestRuns, type Run, runKey, runLength } from './run.ts';
import type { Snapshot, TrackStore } from './store.ts';

/** A tracker's state, and what it has to take into memory before it goes on. */
export interface Resume extends Snapshot {
  readonly learn: readonly Anchor[];
}

/** A run that has to go on, and from where. */
export interface RunWork {
  readonly run: Run;
  /** Last frame of the run that is in the cache. */
  readonly reached: number;
  /** The state to start from; frames between it and `reached` are tracked again and not kept. */
  readonly resume: Resume;
  /** Last frame to track. */
  readonly target: number;
  /** Corrections to be made from this run's masks on the way. */
  readonly corrections: readonly Anchor[];
  /** Runs that begin with this one's tracker, and wait for it. */
  readonly turns: readonly Run[];
}

export interface PendingWork {
  /** Key frames the engine has not seen. */
  readonly keys: readonly Anchor[];
  /** Runs that can go on now: what they start with is in the cache. */
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
  const runs = longestRuns(plans.flatMap((plan) => plan.runs));
  const works: RunWork[] = [];
  let total = anchors.length;
  let left = missing.size;
  const waiting = new Set<Run>();
  for (const run of runs) if (await waitsForTurn(store, run)) waiting.add(run);
  for (const run of runs) {
    const reached = await store.reached(run);
    total += runLength(run);
    left += framesBetween(run, reached, run.last);
    if (waiting.has(run) || startsOf(run).some(({ id }) => missing.has(id))) continue;
    const corrections = anchors.filter((anchor) => missing.has(anchor.id) && leansOn(anchor, run));
    const turns = [...waiting].filter(({ turn }) => turn && runKey(turn.path) === runKey(run));
    const work = await runWork(store, { run, reached, corrections, turns });
    if (work !== undefined) works.push(work);
  }
  const keys = anchors.filter((a) => a.base === undefined && missing.has(a.id));
  return { keys, runs: works, total, left };
}

/** Whether a run has frames left and cannot begin before the run the other way has come by. */
async function waitsForTurn(store: TrackStore, run: Run): Promise<boolean> {
  if (run.turn === undefined || (await store.readTurned(run)) !== undefined) return false;
  return framesBetween(run, await store.reached(run), run.last) > 0;
}

/** The prompted frames a run starts with. */
function startsOf(run: Run): readonly Anchor[] {
  return [run.anchor, ...run.companions];
}

async function runWork(
  store: TrackStore,
  { run, reached, corrections, turns }: Omit<RunWork, 'resume' | 'target'>,
): Promise<RunWork | undefined> {
  const unfinished = framesBetween(run, reached, run.last) > 0;
  const turned = turns.flatMap(({ turn }) => turn?.frame ?? []);
  const stops = [...corrections.map((correction) => correction.frame), ...turned];
  if (!unfinished && stops.length === 0) return undefined;
  // A frame that something begins at is seen again, so the tracker starts before it.
  const step = run.direction === 'forward' ? 1 : -1;
  const from = nearest(run, [reached, ...stops.map((stop) => stop - step)]);
  const target = unfinished ? run.last : furthest(run, stops);
  const resume = await resumeState(store, run, from);
  return { run, reached, resume, target, corrections, turns };
}

/** The newest snapshot at or before a frame, else what the run begins with. */
async function resumeState(store: TrackStore, run: Run, from: number): Promise<Resume> {
  const snapshot = await store.readSnapshot(run, from);
  if (snapshot !== undefined) return { ...snapshot, learn: [] };
  const turned = run.turn !== undefined;
  const state = turned ? await store.readTurned(run) : await store.readAnchorState(run.anchor);
  if (state === undefined) throw stateGone(run.from);
  return { frame: run.from, state, learn: turned ? [] : run.companions };
}

/** Something else took away what a run begins with. */
export function stateGone(frame: number): RotoError {
  return new RotoError(
    'cache_corrupt',
    `The state of frame ${frame} was in the track cache a moment ago and is gone.`,
    { hint: 'Something else removes files of the cache; run again when it is done.' },
  );
}

function leansOn({ base }: Anchor, run: Run): boolean {
  return base !== undefined && runKey(base) === runKey(run);
}

function nearest(run: Run, frames: readonly number[]): number {
  return frames.reduce((near, frame) => (isBeyond(run, near, frame) ? frame : near));
}

function furthest(run: Run, frames: readonly number[]): number {
  return frames.reduce((far, frame) => (isBeyond(run, frame, far) ? frame : far));
}

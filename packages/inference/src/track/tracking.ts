import type { FrameRange } from '@roto/sdk/contract';
import type { EngineUse } from '../engine/engine-use.ts';
import type { Clip, Frame } from '../media/clip.ts';
import { throwIfStopped } from '../stop.ts';
import type { Anchor, Direction } from './anchor.ts';
import { type PendingWork, pendingWork, type RunWork, stateGone } from './pending-work.ts';
import type { ObjectPlan } from './plan.ts';
import { isBeyond, isPromptedOn } from './run.ts';
import { snapshotInterval, type TrackStore } from './store.ts';

/** The trackers of an engine, wherever it runs. */
export type TrackingHost = Pick<
  EngineUse,
  'newTracker' | 'step' | 'snapshot' | 'restore' | 'learn' | 'drop'
>;

/** What tracking reads of a clip. */
export type TrackedClip = Pick<Clip, 'frames' | 'frame'>;

export interface TrackingJob {
  readonly clip: TrackedClip;
  readonly host: TrackingHost;
  readonly store: TrackStore;
  readonly plans: readonly ObjectPlan[];
  readonly signal?: AbortSignal;
}

/** One frame more of one or several runs. */
export interface TrackingStep {
  readonly frame: number;
  readonly done: number;
  readonly total: number;
  /** Of those done, how many were in the cache when the job began. */
  readonly reused: number;
}

/**
 * Tracks what the plans ask for and the cache does not hold, and yields after every frame. Key
 * frames come first, then sweeps over the clip in either direction in which all runs of that
 * direction go along, until nothing is left: corrections open new runs when they are reached.
 */
export async function* trackObjects(job: TrackingJob): AsyncGenerator<TrackingStep, void, void> {
  const start = await pendingWork(job.store, job.plans);
  const { total } = start;
  const reused = total - start.left;
  let done = reused;
  for await (const frame of seedKeys(job, start.keys)) {
    done += 1;
    yield { frame, done, total, reused };
  }
  for (let work = await pendingWork(job.store, job.plans); work.runs.length > 0; ) {
    const direction = nextDirection(work);
    for await (const step of sweep(job, direction, work.runs)) {
      done += step.fresh;
      yield { frame: step.frame, done: Math.min(done, total), total, reused };
    }
    work = await pendingWork(job.store, job.plans);
  }
}

/** Backward first: what comes in rising order can then be given on as it is made. */
function nextDirection(work: PendingWork): Direction {
  return work.runs.some((run) => run.run.direction === 'backward') ? 'backward' : 'forward';
}

async function* seedKeys(job: TrackingJob, keys: readonly Anchor[]): AsyncGenerator<number> {
  for (const key of keys) {
    throwIfStopped(job.signal);
    await seedKey(job, key, await job.clip.frame(key.frame, job.signal));
    yield key.frame;
  }
}

/** Lets the engine see a key frame and keeps the mask and the state that tracking starts from. */
async function seedKey(
  job: Pick<TrackingJob, 'host' | 'store'>,
  key: Anchor,
  frame: Frame,
): Promise<void> {
  const tracker = job.host.newTracker();
  const [mask] = await job.host.step(frame, [{ kind: 'seed', tracker, prompt: key.prompt }]);
  if (mask !== undefined) await job.store.writeAnchor(key, mask, await job.host.snapshot(tracker));
  await job.host.drop(tracker);
}

interface SweepStep {
  readonly frame: number;
  /** Steps of the plan this frame did: tracked frames not in the cache, and corrections. */
  readonly fresh: number;
}

async function* sweep(
  job: TrackingJob,
  direction: Direction,
  works: readonly RunWork[],
): AsyncGenerator<SweepStep> {
  const going = works.filter((work) => work.run.direction === direction);
  const trackers = new Map<RunWork, number>();
  try {
    for (const range of unionOfFrames(going)) {
      for await (const frame of job.clip.frames({
        range,
        direction,
        ...(job.signal === undefined ? {} : { signal: job.signal }),
      })) {
        throwIfStopped(job.signal);
        const number = frame.number;
        const along = going.filter(
          (work) => isAhead(work, number) && !isPromptedOn(work.run, number),
        );
        yield { frame: number, fresh: await sweepFrame(job, frame, along, trackers) };
      }
    }
  } finally {
    for (const tracker of trackers.values()) await job.host.drop(tracker);
  }
}

async function sweepFrame(
  job: TrackingJob,
  frame: Frame,
  works: readonly RunWork[],
  trackers: Map<RunWork, number>,
): Promise<number> {
  const { host, store } = job;
  if (works.length === 0) return 0;
  for (const work of works)
    if (!trackers.has(work)) trackers.set(work, await startTracker(job, work));
  const number = frame.number;
  const corrected = works.some((work) => work.corrections.some((to) => to.frame === number));
  const copy = corrected ? { ...frame, rgb: frame.rgb.slice() } : undefined;
  const calls = works.map((work) => ({
    kind: 'track' as const,
    tracker: trackers.get(work) ?? 0,
    direction: work.run.direction,
  }));
  const masks = await host.step(frame, calls);
  let fresh = 0;
  for (const [index, work] of works.entries()) {
    const mask = masks[index];
    const tracker = trackers.get(work);
    if (mask === undefined || tracker === undefined) continue;
    if (isBeyond(work.run, number, work.reached)) fresh += 1;
    await store.appendTracked(work.run, number, mask);
    await keepState(job, work, tracker, number);
    for (const correction of work.corrections.filter((to) => to.frame === number)) {
      if (copy !== undefined) await correct(job, tracker, correction, copy);
      fresh += 1;
    }
    for (const turning of work.turns.filter(({ turn }) => turn?.frame === number)) {
      await store.writeTurned(turning, await host.snapshot(tracker));
    }
    if (number === work.target) {
      await host.drop(tracker);
      trackers.delete(work);
    }
  }
  return fresh;
}

/** Snapshots lie at fixed distances from where a run begins, and where it ends. */
async function keepState(
  job: TrackingJob,
  work: RunWork,
  tracker: number,
  frame: number,
): Promise<void> {
  const distance = Math.abs(frame - work.run.from);
  if (distance % snapshotInterval !== 0 && frame !== work.target) return;
  await job.store.writeSnapshot(work.run, { frame, state: await job.host.snapshot(tracker) });
}

async function startTracker(job: TrackingJob, work: RunWork): Promise<number> {
  const tracker = job.host.newTracker();
  await job.host.restore(tracker, work.resume.state);
  for (const anchor of work.resume.learn) {
    const state = await job.store.readAnchorState(anchor);
    if (state === undefined) throw stateGone(anchor.frame);
    await job.host.learn(tracker, state);
  }
  return tracker;
}

/** Corrects in a tracker of its own, so that the run itself goes on as if nothing was said. */
async function correct(
  job: TrackingJob,
  tracker: number,
  correction: Anchor,
  frame: Frame,
): Promise<void> {
  const corrected = job.host.newTracker();
  await job.host.restore(corrected, await job.host.snapshot(tracker));
  const again = { ...frame, rgb: frame.rgb.slice() };
  const prompt = correction.prompt;
  const [mask] = await job.host.step(again, [{ kind: 'correct', tracker: corrected, prompt }]);
  if (mask !== undefined) {
    await job.store.writeAnchor(correction, mask, await job.host.snapshot(corrected));
  }
  await job.host.drop(corrected);
}

/** Whether a frame still lies before a work, seen in its direction. */
function isAhead(work: RunWork, frame: number): boolean {
  return isBeyond(work.run, frame, work.resume.frame) && !isBeyond(work.run, frame, work.target);
}

/** The frames that one work or more has to see, as ranges in the direction of the sweep. */
function unionOfFrames(works: readonly RunWork[]): FrameRange[] {
  const spans = works.map((work) => spanOf(work)).sort((a, b) => a.first - b.first);
  const union: FrameRange[] = [];
  for (const span of spans) {
    const last = union.at(-1);
    if (last !== undefined && span.first <= last.last + 1) {
      union[union.length - 1] = { first: last.first, last: Math.max(last.last, span.last) };
    } else union.push(span);
  }
  return works[0]?.run.direction === 'backward' ? union.reverse() : union;
}

function spanOf(work: RunWork): FrameRange {
  const { resume, target, run } = work;
  return run.direction === 'forward'
    ? { first: resume.frame + 1, last: target }
    : { first: target, last: resume.frame - 1 };
}

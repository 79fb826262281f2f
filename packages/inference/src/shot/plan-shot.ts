import { type Plan, parseShot, type ShotInput } from '@roto/sdk/contract';
import type { EngineUse } from '../engine/engine-use.ts';
import { freeSpace, planFiles } from '../export/preflight.ts';
import { clipRange } from '../media/clip.ts';
import { openTracking, type Tracking } from '../track/open-tracking.ts';
import { pendingWork } from '../track/pending-work.ts';
import type { OpenShot } from './open-shot.ts';
import { describeRun, type PreparedRun, type PrepareOptions } from './prepare-run.ts';
import { resultClip } from './result-clip.ts';

/** Bytes the cache takes for one tracked frame, roughly: a packed 256x256 grid. */
const cacheBytesPerStep = 70_000;

/**
 * Says what {@link runShot} would do, without tracking and without writing: frames, engine, device,
 * files, disk, and a time from one real frame seen by the engine.
 */
export async function planShot(input: ShotInput, options: PrepareOptions): Promise<Plan> {
  const run = await describeRun(parseShot(input), options);
  const { open } = run;
  try {
    const { missingFrames } = open.shot.source;
    const { engine, cacheDir } = run;
    const stop = options.signal === undefined ? {} : { signal: options.signal };
    const shared = run.engines === undefined ? {} : { engines: run.engines };
    const place = { clip: open.clip.info, engine, cacheDir, missingFrames, ...shared };
    const tracking = await openTracking({ ...place, ...stop, readOnly: true });
    try {
      return await planWith(run, tracking, options.signal);
    } finally {
      await tracking.close();
    }
  } finally {
    await open.clip.close();
  }
}

async function planWith(
  run: PreparedRun,
  tracking: Tracking,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  const { open } = run;
  const { range, clip } = open;
  const plans = open.objects.map((object) => object.plan);
  const { left } = await pendingWork(tracking.store, plans);
  const secondsPerStep = left === 0 ? 0 : await timeOneStep(open, tracking.host, signal);
  const frames = range.last - range.first + 1;
  const identity = tracking.host.identity;
  return {
    schema: 'roto.plan/1',
    clip: resultClip(clip.info),
    engine: identity.engine,
    model: { ...identity.model },
    device: identity.device,
    firstFrame: range.first,
    lastFrame: range.last,
    frames,
    stepsToTrack: left,
    estimatedSeconds: left * secondsPerStep,
    diskBytes: run.outputBytes + left * cacheBytesPerStep,
    freeBytes: (await freeSpace(run.preflight.out)).freeBytes,
    files: await planFiles(run.preflight),
    warnings: [...run.warnings],
  };
}

/** Seconds the engine takes for one tracked frame: the one beside the first key. */
async function timeOneStep(
  open: OpenShot,
  host: EngineUse,
  signal: AbortSignal | undefined,
): Promise<number> {
  const key = open.objects[0]?.plan.anchors.find((anchor) => anchor.base === undefined);
  if (key === undefined) return 0;
  const frame = await open.clip.frame(key.frame, signal);
  const clip = clipRange(open.clip);
  const direction = key.frame < clip.last ? 'forward' : 'backward';
  const beside = key.frame + (direction === 'forward' ? 1 : -1);
  if (beside < clip.first) return 0;
  const next = await open.clip.frame(beside, signal);
  const tracker = host.newTracker();
  await host.step(frame, [{ kind: 'seed', tracker, prompt: key.prompt }]);
  const start = performance.now();
  await host.step(next, [{ kind: 'track', tracker, direction }]);
  await host.drop(tracker);
  return (performance.now() - start) / 1000;
}

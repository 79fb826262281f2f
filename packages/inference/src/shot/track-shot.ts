import type { RunEvent } from '@roto/sdk/contract';
import type { EngineIdentity } from '../engine/engine.ts';
import { ProgressClock } from '../timing/progress-clock.ts';
import type { StageClock } from '../timing/stage-clock.ts';
import { openTracking, type Tracking } from '../track/open-tracking.ts';
import { readMaskAt } from '../track/read-mask-at.ts';
import type { TrackStore } from '../track/store.ts';
import { trackObjects } from '../track/tracking.ts';
import { writeTrack } from '../track/tracks.ts';
import { absoluteShot } from './absolute-shot.ts';
import type { OpenShot } from './open-shot.ts';
import type { PreparedRun } from './prepare-run.ts';
import { trackHash, trackId } from './shot-hash.ts';
import { tellStart } from './tell-start.ts';

/** A shot whose masks are all in the cache. */
export interface TrackedShot {
  /** `trk_...`, under which the cache remembers it. */
  readonly track: string;
  readonly storeName: string;
  readonly engine: EngineIdentity;
  /** Seconds the engine spent by stage: `encode`, `prompt`, `track`. */
  readonly timings: Readonly<Record<string, number>>;
}

export interface TrackShotOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
  /** Told after every frame, as soon as the masks of the range's first frame are in the cache. */
  readonly onTracked?: (tracked: Omit<TrackedShot, 'timings'>) => void;
}

/** Loads the engine and tracks what the cache does not hold. */
export async function trackShot(
  run: PreparedRun,
  clock: StageClock,
  options: TrackShotOptions,
): Promise<TrackedShot> {
  const { open, cacheDir, engine } = run;
  const { missingFrames } = open.shot.source;
  const stop = options.signal === undefined ? {} : { signal: options.signal };
  const shared = run.engines === undefined ? {} : { engines: run.engines };
  const place = { clip: open.clip.info, engine, cacheDir, missingFrames, ...shared };
  const opening = openTracking({ ...place, ...stop });
  const tracking = await clock.time('load', opening);
  try {
    const track = trackId(trackHash(open), tracking.storeName);
    const tracked = { track, storeName: tracking.storeName, engine: tracking.host.identity };
    await remember(run, tracking, track, false);
    tellStart(open, tracked, run.warnings, options.onEvent);
    const tell = (): void => options.onTracked?.(tracked);
    await clock.time('tracking', trackFrames(open, tracking, options, tell));
    await remember(run, tracking, track, true);
    return { ...tracked, timings: (await tracking.host.work()).seconds };
  } finally {
    await tracking.close();
  }
}

async function trackFrames(
  open: OpenShot,
  { host, store }: Tracking,
  { signal, onEvent }: TrackShotOptions,
  onTracked: () => void,
): Promise<void> {
  const clock = new ProgressClock();
  let begun = false;
  const plans = open.objects.map((object) => object.plan);
  const stop = signal === undefined ? {} : { signal };
  for await (const step of trackObjects({ clip: open.clip, host, store, plans, ...stop })) {
    begun ||= await isTracked(open, store, open.range.first);
    if (begun) onTracked();
    if (onEvent === undefined) continue;
    const scores: Record<string, number> = {};
    for (const object of open.objects) {
      const cached = await readMaskAt(store, object.plan, step.frame);
      if (cached.state === 'tracked') scores[object.id] = cached.mask.score;
    }
    onEvent({ event: 'progress', stage: 'track', ...step, scores, ...clock.rate(step) });
  }
}

/** Whether the cache has all a frame's masks. */
async function isTracked(open: OpenShot, store: TrackStore, frame: number): Promise<boolean> {
  for (const { plan } of open.objects) {
    if ((await readMaskAt(store, plan, frame)).state === 'missing') return false;
  }
  return true;
}

/** Writes the track down before its first frame too, so that a stopped run can be found again. */
async function remember(
  { open, base, cacheDir }: PreparedRun,
  tracking: Tracking,
  id: string,
  complete: boolean,
): Promise<void> {
  const { engine, model, device, settings } = tracking.host.identity;
  await writeTrack(
    {
      schema: 'roto.track/1',
      id,
      shot: absoluteShot(open.shot, base),
      trackHash: trackHash(open),
      clipPath: open.clip.info.path,
      range: open.range,
      engine: { engine, model, device, settings: { ...settings } },
      store: tracking.storeName,
      anchors: [...new Set(open.objects.flatMap(({ plan }) => plan.anchors.map(({ id }) => id)))],
      complete,
    },
    cacheDir,
  );
  await tracking.store.touch();
}

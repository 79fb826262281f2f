import type { RunEvent } from '@roto/sdk/contract';
import type { ExportReport } from '../export/export-job.ts';
import type { StageClock } from '../timing/stage-clock.ts';
import { TrackingNews } from '../track/tracking-news.ts';
import { exportShot } from './export-shot.ts';
import type { PreparedRun } from './prepare-run.ts';
import { type TrackedShot, trackShot } from './track-shot.ts';

export interface TrackAndExportOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

/**
 * Tracks a shot and writes its outputs beside it: the export follows through the cache, frame by
 * frame, from the moment its first frame is there. Where one of the two fails the other stops, and
 * nothing half-made stays; what was tracked is kept.
 */
export async function trackAndExport(
  run: PreparedRun,
  clock: StageClock,
  { signal, onEvent }: TrackAndExportOptions,
): Promise<{ tracked: TrackedShot; report: ExportReport }> {
  const failure = new AbortController();
  const stop = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
  const options = { signal: stop, ...(onEvent === undefined ? {} : { onEvent }) };
  const news = new TrackingNews();
  let exporting: Promise<ExportReport> | undefined;
  const follow = (tracked: Omit<TrackedShot, 'timings'>): Promise<ExportReport> => {
    exporting ??= exportShot(run, tracked, { ...options, news });
    exporting.catch((error: unknown) => failure.abort(error));
    return exporting;
  };
  try {
    const onTracked = (tracked: Omit<TrackedShot, 'timings'>): void => {
      void follow(tracked);
      news.tell({ over: false });
    };
    const tracked = await trackShot(run, clock, { ...options, onTracked });
    news.tell({ over: true });
    return { tracked, report: await follow(tracked) };
  } catch (error) {
    // The first reason stays: that of the one that failed, not that of the one it stopped.
    failure.abort(error);
    await exporting?.catch(() => undefined);
    throw failure.signal.reason;
  }
}

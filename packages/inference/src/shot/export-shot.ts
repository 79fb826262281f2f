import type { Result, ResultWarning, RunEvent } from '@roto/sdk/contract';
import { ExportHost } from '../export/export-host.ts';
import type { ExportOutput, ExportReport } from '../export/export-job.ts';
import { ProgressClock } from '../timing/progress-clock.ts';
import { holdStore } from '../track/hold-store.ts';
import { storeFolder } from '../track/open-tracking.ts';
import type { TrackingNews } from '../track/tracking-news.ts';
import { rotoVersion } from '../version.ts';
import type { OpenShot } from './open-shot.ts';
import { resultClip } from './result-clip.ts';
import { shotHash } from './shot-hash.ts';
import type { TrackedShot } from './track-shot.ts';

export interface ExportShotOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
  /** Of the tracking that goes on beside the export; without it the cache has to be complete. */
  readonly news?: TrackingNews;
}

/** What an export is made from, beside the track. */
export interface ExportSubject {
  readonly open: OpenShot;
  readonly outputs: readonly ExportOutput[];
  readonly base: string;
  readonly cacheDir: string;
}

/** Writes the outputs of a tracked shot from the cache, in a thread of their own. */
export async function exportShot(
  subject: ExportSubject,
  tracked: Pick<TrackedShot, 'storeName' | 'engine'>,
  { signal, onEvent, news }: ExportShotOptions,
): Promise<ExportReport> {
  const { open, outputs, base, cacheDir } = subject;
  const host = new ExportHost();
  const clock = new ProgressClock();
  const folder = storeFolder(cacheDir, tracked.storeName);
  // A cache that cannot be written can be exported from; nobody can clear it either.
  const release = await holdStore(folder).catch(() => () => Promise.resolve());
  try {
    const report = await host.export(
      {
        source: open.shot.source,
        base,
        cacheDir,
        storeFolder: folder,
        range: open.range,
        objects: open.objects.map(({ id, name, planOptions }) => ({ id, name, planOptions })),
        matte: open.shot.matte,
        outputs,
        stamp: { rotoVersion, engine: tracked.engine, shotHash: shotHash(open) },
      },
      {
        ...(signal === undefined ? {} : { signal }),
        ...(news === undefined ? {} : { news }),
        onProgress: (step) => {
          const rate = clock.rate({ ...step, reused: 0 });
          onEvent?.({ event: 'progress', stage: 'export', ...step, ...rate });
        },
      },
    );
    const warnings = uniqueWarnings(report.warnings);
    for (const warning of warnings) onEvent?.({ event: 'warning', warning });
    return { ...report, warnings };
  } finally {
    await host.close();
    await release();
  }
}

/** What several outputs warn of is said once. */
function uniqueWarnings(warnings: readonly ResultWarning[]): ResultWarning[] {
  return [...new Map(warnings.map((each) => [`${each.code} ${each.message}`, each])).values()];
}

/** Puts the result document together. */
export function resultOf(
  open: OpenShot,
  tracked: Pick<TrackedShot, 'track' | 'engine'>,
  report: ExportReport,
  timings: Readonly<Record<string, number>>,
  warnings: readonly ResultWarning[],
): Result {
  const { engine } = tracked;
  return {
    schema: 'roto.result/1',
    clip: resultClip(open.clip.info),
    engine: engine.engine,
    model: engine.model,
    device: engine.device,
    track: tracked.track,
    objects: report.objects.map(({ id, name, frames }) => ({ id, name, frames: [...frames] })),
    outputs: [...report.outputs],
    timings: { ...timings },
    warnings: [...warnings, ...report.warnings],
  };
}

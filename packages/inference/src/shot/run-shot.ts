import { parseShot, type Result, type RunEvent, type ShotInput } from '@roto/sdk/contract';
import type { EnginePool } from '../engine/engine-pool.ts';
import { StageClock } from '../timing/stage-clock.ts';
import { pruneTracks } from '../track/remove-tracks.ts';
import { resultOf } from './export-shot.ts';
import { prepareRun } from './prepare-run.ts';
import { trackAndExport } from './track-and-export.ts';

/** Where a run reads and writes, and who hears of it. */
export interface RunShotOptions {
  /** Folder for the outputs; made when the first of them is whole. */
  readonly out: string;
  /** Folder that relative paths of the shot start from; the current one unless said. */
  readonly base?: string;
  /** Replaces outputs that are there already. */
  readonly overwrite?: boolean;
  /** Folder the cache lives in; `ROTO_CACHE_DIR`, else the XDG cache, unless said. */
  readonly cache?: string;
  /** Engines shared with other jobs; one is loaded for this one alone unless given. */
  readonly engines?: EnginePool;
  readonly signal?: AbortSignal;
  /** Told of the start, of every finished frame and of every warning; not of result and error. */
  readonly onEvent?: (event: RunEvent) => void;
}

/**
 * The one way from a shot document to files: checks everything, tracks what the cache does not
 * hold, and writes the outputs of what is tracked beside it. Stopped or killed, it goes on from the cache when it is called again.
 *
 * @throws RotoError of the codes in the contract; `interrupted` when the signal aborts
 */
export async function runShot(input: ShotInput, options: RunShotOptions): Promise<Result> {
  const started = performance.now();
  const clock = new StageClock();
  const run = await clock.time('open', prepareRun(parseShot(input), options));
  try {
    const { tracked, report } = await trackAndExport(run, clock, options);
    await pruneTracks(run.cacheDir, tracked.track);
    const total = (performance.now() - started) / 1000;
    const timings = { ...clock.seconds(), ...tracked.timings, ...report.timings, total };
    return resultOf(run.open, tracked, report, timings, run.warnings);
  } finally {
    await run.open.clip.close();
  }
}

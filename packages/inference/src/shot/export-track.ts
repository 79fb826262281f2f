import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  type FrameRange,
  parseShot,
  type Result,
  RotoError,
  type RunEvent,
  type Shot,
  type ShotInput,
} from '@roto/sdk/contract';
import { companionsOf } from '../engine/companions.ts';
import { rulesOf } from '../engine/rules-of.ts';
import { checkOutputs } from '../export/preflight.ts';
import { StageClock } from '../timing/stage-clock.ts';
import { cacheFolder } from '../track/cache-folder.ts';
import { findTrack, findTrackByHash, type TrackRecord, touchTrack } from '../track/tracks.ts';
import { absoluteShot } from './absolute-shot.ts';
import { exportShot, resultOf } from './export-shot.ts';
import { openShot } from './open-shot.ts';
import { trackHash } from './shot-hash.ts';
import { preflightOptions, shotOutputs } from './shot-outputs.ts';
import { tellStart } from './tell-start.ts';

/** What is written of a track, and where. */
export interface ExportTrackOptions {
  /** One kind of file or more, each for every object. */
  readonly outputs: NonNullable<ShotInput['outputs']>;
  /** Matte work; what the track was made with unless said. */
  readonly matte?: ShotInput['matte'];
  /** Folder for the outputs; made when the first of them is whole. */
  readonly out: string;
  /** Replaces outputs that are there already. */
  readonly overwrite?: boolean;
  /** Folder the cache lives in; `ROTO_CACHE_DIR`, else the XDG cache, unless said. */
  readonly cache?: string;
  /** Frames to write; all that were tracked unless said. */
  readonly range?: FrameRange;
  readonly signal?: AbortSignal;
  /** Told of the start, of every frame written and of every warning; not of result and error. */
  readonly onEvent?: (event: RunEvent) => void;
}

/**
 * Writes more outputs of a shot tracked before; never tracks. `track` is an id, `trk_...`, or a
 * unique beginning of it, or the path of the shot document.
 *
 * @throws RotoError `track_not_found`, `track_incomplete`, and what the writers throw
 */
export async function exportTrack(track: string, options: ExportTrackOptions): Promise<Result> {
  const started = performance.now();
  const clock = new StageClock();
  const cacheDir = cacheFolder(options.cache);
  const record = track.startsWith('trk_')
    ? await findTrack(track, cacheDir)
    : await findTrackOfDocument(track, cacheDir, options.signal);
  const shot = exportedShot(record, options);
  const { places, outputs } = shotOutputs(shot, options.out);
  const base = resolve('.');
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const companions = companionsOf({ engine: record.engine.engine, rules: rulesOf(shot.engine) });
  const open = await clock.time('open', openShot(shot, { base, cacheDir, companions, ...signal }));
  try {
    const where = {
      out: options.out,
      base,
      overwrite: options.overwrite ?? false,
      clip: open.clip.info,
      range: open.range,
    };
    await checkOutputs(preflightOptions(shot, where, places));
    const tracked = { track: record.id, storeName: record.store, engine: record.engine };
    const { warnings } = open.clip.info;
    tellStart(open, tracked, warnings, options.onEvent);
    const report = await exportShot({ open, outputs, base, cacheDir }, tracked, options);
    await touchTrack(record, cacheDir);
    const total = (performance.now() - started) / 1000;
    const timings = { ...clock.seconds(), ...report.timings, total };
    return resultOf(open, tracked, report, timings, warnings);
  } finally {
    await open.clip.close();
  }
}

function exportedShot(record: TrackRecord, options: ExportTrackOptions): Shot {
  const range = options.range ?? record.range;
  return parseShot({
    ...record.shot,
    source: { ...record.shot.source, range },
    matte: { ...record.shot.matte, ...options.matte },
    outputs: options.outputs,
  });
}

async function findTrackOfDocument(
  path: string,
  cacheDir: string,
  signal: AbortSignal | undefined,
): Promise<TrackRecord> {
  const base = dirname(resolve(path));
  const shot = absoluteShot(parseShot(await readDocument(path)), base);
  const stop = signal === undefined ? {} : { signal };
  const open = await openShot(shot, { base, cacheDir, ...stop });
  await open.clip.close();
  const record = await findTrackByHash(trackHash(open), shot.engine, cacheDir);
  if (record !== undefined) return record;
  throw new RotoError(
    'track_not_found',
    `Expected ${path} to be tracked but the cache has no track of it.`,
    {
      param: 'track',
      hint: 'Run roto mask --shot on it first.',
    },
  );
}

async function readDocument(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new RotoError(
      'track_not_found',
      `Expected a track id or a shot document but received ${path}.`,
      {
        param: 'track',
        hint: 'roto cache list shows the tracks there are.',
        cause,
      },
    );
  }
}

import { resolve } from 'node:path';
import { estimateOutputBytes, type ResultWarning, type Shot } from '@roto/sdk/contract';
import { companionsOf } from '../engine/companions.ts';
import type { EngineConfig } from '../engine/engine.ts';

import type { EnginePool } from '../engine/engine-pool.ts';

import { checkOutputs, type PreflightOptions, spaceWarning } from '../export/preflight.ts';
import { resolveEngine } from '../models/resolve-engine.ts';
import { cacheFolder } from '../track/cache-folder.ts';
import { type OpenShot, openShot } from './open-shot.ts';
import { preflightOptions, type ShotOutputs, shotOutputs } from './shot-outputs.ts';

/** Where a run would read and write. */
export interface PrepareOptions {
  /** Folder for the outputs; need not be there. */
  readonly out: string;
  /** Folder that relative paths of the shot start from; the current one unless said. */
  readonly base?: string;
  /** Whether outputs that are there already may be replaced. */
  readonly overwrite?: boolean;
  /** Folder the cache lives in; `ROTO_CACHE_DIR`, else the XDG cache, unless said. */
  readonly cache?: string;
  /** Engines shared with other jobs; one is loaded for this one alone unless given. */
  readonly engines?: EnginePool;
  readonly signal?: AbortSignal;
}

/** A run about which everything is known that can be known before the engine is loaded. */
export interface PreparedRun extends ShotOutputs {
  readonly open: OpenShot;
  readonly engine: EngineConfig;
  readonly engines: EnginePool | undefined;
  readonly base: string;
  readonly cacheDir: string;
  readonly preflight: PreflightOptions;
  /** Bytes the outputs may take, roughly. */
  readonly outputBytes: number;
  /** What is worth knowing before the work begins: of the engine, the clip and the disk. */
  readonly warnings: readonly ResultWarning[];
}

/** Checks everything a shot says against the clip, the models and the output folder. */
export async function prepareRun(shot: Shot, options: PrepareOptions): Promise<PreparedRun> {
  const run = await describeRun(shot, options);
  try {
    await checkOutputs(run.preflight);
    return run;
  } catch (error) {
    await run.open.clip.close();
    throw error;
  }
}

/** The same without the refusal of outputs that are there or cannot be written. */
export async function describeRun(shot: Shot, options: PrepareOptions): Promise<PreparedRun> {
  const base = resolve(options.base ?? '.');
  const cacheDir = cacheFolder(options.cache);
  const { places, outputs } = shotOutputs(shot, options.out);
  const { config: engine, warnings: engineWarnings } = await resolveEngine(shot.engine, { base });
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const open = await openShot(shot, {
    base,
    cacheDir,
    companions: companionsOf(engine),
    ...signal,
  });
  const { clip, range } = open;
  const overwrite = options.overwrite ?? false;
  const where = { out: options.out, base, overwrite, clip: clip.info, range };
  const preflight = preflightOptions(shot, where, places);
  const { width, height } = clip.info;
  const size = { width, height, frames: range.last - range.first + 1 };
  const outputBytes = outputs.reduce(
    (sum, { format }) => sum + estimateOutputBytes(format, size),
    0,
  );
  const space = await spaceWarning(preflight.out, outputBytes);
  const warnings = [
    ...engineWarnings,
    ...clip.info.warnings,
    ...(space === undefined ? [] : [space]),
  ];
  return {
    open,
    engine,
    engines: options.engines,
    base,
    cacheDir,
    places,
    outputs,
    preflight,
    outputBytes,
    warnings,
  };
}

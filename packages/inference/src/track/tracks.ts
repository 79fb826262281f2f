import type { Dirent } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  FrameRange,
  isModelPath,
  RotoError,
  Shot,
  type ShotEngine,
  type TrackSummary,
} from '@roto/sdk/contract';
import { z } from 'zod';
import { countDerived } from '../engine/sam2/weights/derived-folder.ts';
import { guardCache } from './cache-failure.ts';
import { cacheFolder } from './cache-folder.ts';
import { storeFolder } from './open-tracking.ts';
import { namesIn } from './run-files.ts';

const EngineRecord = z.object({
  engine: z.enum(['lite', 'sam2']),
  model: z.object({ id: z.string(), sha256: z.string() }),
  device: z.string(),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

const storeNamePattern = /^[0-9a-f]{32}$/;

/** What the cache remembers of a tracked shot, so that it can be exported again by its id. */
export const TrackRecord = z.object({
  schema: z.literal('roto.track/1'),
  id: z.string().regex(/^trk_[0-9a-f]{16}$/),
  /** The shot with absolute paths. */
  shot: Shot,
  /** Hex SHA-256 of what decides the masks: prompts, clip and engine settings as asked for. */
  trackHash: z.string(),
  clipPath: z.string(),
  range: FrameRange,
  engine: EngineRecord,
  /** Name of the folder of masks. */
  store: z.string().regex(storeNamePattern),
  /** Ids of the prompted frames its masks come from: the files of the store that it needs. */
  anchors: z.array(z.string().regex(/^[0-9a-f]{32}$/)),
  complete: z.boolean(),
});
export type TrackRecord = z.infer<typeof TrackRecord>;

/** Which cache is meant. */
export interface CacheOptions {
  /** Folder the cache lives in; `ROTO_CACHE_DIR`, else the XDG cache, unless said. */
  readonly cache?: string;
}

/** Every track in the cache, the last used first. */
export async function listTracks(options: CacheOptions = {}): Promise<TrackSummary[]> {
  const cacheDir = cacheFolder(options.cache);
  const summaries: TrackSummary[] = [];
  for (const { record, usedAt } of await readRecords(cacheDir)) {
    summaries.push({
      id: record.id,
      clip: record.clipPath,
      engine: record.engine.engine,
      model: record.engine.model.id,
      firstFrame: record.range.first,
      lastFrame: record.range.last,
      objects: record.shot.objects.map((object) => object.name),
      bytes: await trackBytes(record, cacheDir),
      usedAt: usedAt.toISOString(),
      complete: record.complete,
    });
  }
  return summaries;
}

/** Files of weights that engines derived from checkpoints, and their bytes: made again when missed. */
export function derivedWeights(
  options: CacheOptions = {},
): Promise<{ files: number; bytes: number }> {
  return countDerived(cacheFolder(options.cache));
}

/**
 * Finds a track by its id or a unique beginning of it.
 * @throws RotoError `track_not_found`
 */
export async function findTrack(id: string, cacheDir: string): Promise<TrackRecord> {
  const matches = (await readRecords(cacheDir)).filter(({ record }) => record.id.startsWith(id));
  const [match] = matches;
  if (match !== undefined && matches.length === 1) return match.record;
  const found = matches.length === 0 ? 'no track' : `${matches.length} tracks`;
  throw new RotoError(
    'track_not_found',
    `Expected one track named ${id} but the cache has ${found}.`,
    {
      param: 'track',
      hint: 'roto cache list shows the tracks there are.',
    },
  );
}

/** Finds the last used track made from the same prompts on the same clip by the engine asked for. */
export async function findTrackByHash(
  trackHash: string,
  asked: ShotEngine,
  cacheDir: string,
): Promise<TrackRecord | undefined> {
  const records = await readRecords(cacheDir);
  return records.find(
    ({ record }) => record.trackHash === trackHash && isAsked(record.engine, asked),
  )?.record;
}

function isAsked(made: TrackRecord['engine'], asked: ShotEngine): boolean {
  const { name, model, device, precision } = asked;
  return (
    (name === 'auto' || name === made.engine) &&
    (model === undefined || nameOf(model) === made.model.id) &&
    (device === 'auto' || device === made.device || made.device.startsWith(`${device}:`)) &&
    // The lite engine has none, whatever was asked for.
    (precision === undefined || (made.settings['precision'] ?? precision) === precision)
  );
}

/** What a model is called that a shot asks for by name or by path. */
function nameOf(model: string): string {
  return isModelPath(model) ? basename(model) : model;
}

export async function writeTrack(record: TrackRecord, cacheDir: string): Promise<void> {
  const folder = join(cacheDir, 'tracks');
  const path = recordPath(cacheDir, record.id);
  const temporary = `${path}.${process.pid}.tmp`;
  await guardCache(folder, async () => {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(temporary, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

/** Marks a track as used now, where the cache can be written. */
export async function touchTrack(record: TrackRecord, cacheDir: string): Promise<void> {
  const now = new Date();
  await utimes(recordPath(cacheDir, record.id), now, now).catch(() => undefined);
}

/** Bytes of the masks a track needs; several tracks of a clip may need the same. */
async function trackBytes(record: TrackRecord, cacheDir: string): Promise<number> {
  const folder = storeFolder(cacheDir, record.store);
  let bytes = 0;
  for (const name of filesOfTrack(await namesIn(folder), record.anchors)) {
    bytes += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

/** The files of a store that belong to prompted frames: their names begin with the frame's id. */
export function filesOfTrack(names: readonly string[], anchors: readonly string[]): string[] {
  const ids = new Set(anchors);
  return names.filter((name) => ids.has(name.slice(0, name.indexOf('.'))));
}

/** Names of the stores in a cache; other folders there are not ours. */
export async function storeNames(cacheDir: string): Promise<string[]> {
  const entries = await listFolder(join(cacheDir, 'stores'));
  return entries.map((entry) => entry.name).filter((name) => storeNamePattern.test(name));
}

/** Bytes of all files below a folder; 0 where there is none. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await listFolder(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await folderBytes(path);
    else bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

export interface UsedRecord {
  readonly record: TrackRecord;
  readonly usedAt: Date;
}

/** Every record, the last used first; what cannot be read, written by another version perhaps, is passed over. */
export async function readRecords(cacheDir: string): Promise<UsedRecord[]> {
  const records: UsedRecord[] = [];
  for (const entry of await listFolder(join(cacheDir, 'tracks'))) {
    if (!entry.name.endsWith('.json')) continue;
    const path = join(cacheDir, 'tracks', entry.name);
    const record = await readRecord(path);
    // It may be cleared between the two.
    const usedAt = (await stat(path).catch(() => undefined))?.mtime;
    if (record !== undefined && usedAt !== undefined) records.push({ record, usedAt });
  }
  return records.sort((a, b) => b.usedAt.getTime() - a.usedAt.getTime());
}

async function readRecord(path: string): Promise<TrackRecord | undefined> {
  try {
    const parsed = TrackRecord.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

async function listFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

export function recordPath(cacheDir: string, id: string): string {
  return join(cacheDir, 'tracks', `${id}.json`);
}

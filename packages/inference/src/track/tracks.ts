import type { Dirent } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FrameRange,
  RotoError,
  Shot,
  type ShotEngine,
  type TrackSummary,
} from '@roto/sdk/contract';
import { z } from 'zod';
import { guardCache } from './cache-failure.ts';
import { cacheFolder, cacheLimitBytes } from './cache-folder.ts';
import { storeFolder } from './open-tracking.ts';

const EngineRecord = z.object({
  engine: z.enum(['lite', 'sam2']),
  model: z.object({ id: z.string(), sha256: z.string() }),
  device: z.string(),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

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
  store: z.string().regex(/^[0-9a-f]{32}$/),
  complete: z.boolean(),
});
export type TrackRecord = z.infer<typeof TrackRecord>;

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
      bytes: await folderBytes(storeFolder(cacheDir, record.store)),
      usedAt: usedAt.toISOString(),
      complete: record.complete,
    });
  }
  return summaries;
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

function isAsked(made: TrackRecord['engine'], { name, model, device }: ShotEngine): boolean {
  return (
    (name === 'auto' || name === made.engine) &&
    (model === undefined || model === made.model.id) &&
    (device === 'auto' || device === made.device || made.device.startsWith(`${device}:`))
  );
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

export async function touchTrack(record: TrackRecord, cacheDir: string): Promise<void> {
  const now = new Date();
  await utimes(recordPath(cacheDir, record.id), now, now);
}

/** Removes tracks, all of them unless ids are given, and the masks no other track needs. */
export async function clearTracks(
  options: CacheOptions & { readonly tracks?: readonly string[] } = {},
): Promise<{ tracks: number; bytes: number }> {
  const cacheDir = cacheFolder(options.cache);
  const before = await folderBytes(cacheDir);
  const records = await readRecords(cacheDir);
  const chosen =
    options.tracks === undefined
      ? records.map(({ record }) => record)
      : await Promise.all(options.tracks.map((id) => findTrack(id, cacheDir)));
  for (const record of chosen) await rm(recordPath(cacheDir, record.id), { force: true });
  await removeUnusedStores(cacheDir, options.tracks === undefined);
  return { tracks: chosen.length, bytes: Math.max(0, before - (await folderBytes(cacheDir))) };
}

/** Drops the longest unused tracks until the cache is below its limit; `keep` stays. */
export async function pruneTracks(cacheDir: string, keep: string): Promise<void> {
  const limit = cacheLimitBytes();
  if ((await folderBytes(cacheDir)) <= limit) return;
  for (const { record } of (await readRecords(cacheDir)).reverse()) {
    if (record.id === keep) continue;
    await rm(recordPath(cacheDir, record.id), { force: true });
    await removeUnusedStores(cacheDir, false);
    if ((await folderBytes(cacheDir)) <= limit) return;
  }
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

/** A store somebody tracks into now is in use, whether a track names it or not yet. */
async function removeUnusedStores(cacheDir: string, all: boolean): Promise<void> {
  const used = new Set((await readRecords(cacheDir)).map(({ record }) => record.store));
  for (const entry of await listFolder(join(cacheDir, 'stores'))) {
    if (!all && used.has(entry.name)) continue;
    const folder = storeFolder(cacheDir, entry.name);
    const names = (await listFolder(folder)).map((file) => file.name);
    if (!names.includes('lock')) await rm(folder, { recursive: true, force: true });
  }
}

/** Records that cannot be read are passed over: a later version may have written them. */
async function readRecords(cacheDir: string): Promise<{ record: TrackRecord; usedAt: Date }[]> {
  const records: { record: TrackRecord; usedAt: Date }[] = [];
  for (const entry of await listFolder(join(cacheDir, 'tracks'))) {
    if (!entry.name.endsWith('.json')) continue;
    const path = join(cacheDir, 'tracks', entry.name);
    const record = await readRecord(path);
    if (record !== undefined) records.push({ record, usedAt: (await stat(path)).mtime });
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

function recordPath(cacheDir: string, id: string): string {
  return join(cacheDir, 'tracks', `${id}.json`);
}

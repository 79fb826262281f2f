import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import { clearDerived, countDerived } from '../engine/sam2/weights/derived-folder.ts';
import { guardCache } from './cache-failure.ts';
import { cacheFolder, cacheLimitBytes } from './cache-folder.ts';
import { isHeld } from './hold-store.ts';
import { storeFolder } from './open-tracking.ts';
import { namesIn } from './run-files.ts';
import {
  type CacheOptions,
  filesOfTrack,
  findTrack,
  folderBytes,
  readRecords,
  recordPath,
  storeNames,
  type TrackRecord,
} from './tracks.ts';

/**
 * Removes tracks, and the masks no other track needs. Without ids everything goes but what a run or
 * an open session uses now: the weights that engines derived from checkpoints too.
 *
 * @returns how many tracks went, and the bytes the disk got back
 * @throws RotoError `track_not_found`; `cache_locked` where a track named is in use
 */
export async function clearTracks(
  options: CacheOptions & { readonly tracks?: readonly string[] } = {},
): Promise<{ tracks: number; bytes: number }> {
  const cacheDir = cacheFolder(options.cache);
  const before = await keptBytes(cacheDir);
  const chosen = await chosenTracks(options.tracks, cacheDir);
  await guardCache(cacheDir, async () => {
    for (const record of chosen) await removeTrack(record, cacheDir);
    if (options.tracks !== undefined) return;
    await removeRest(cacheDir);
    await clearDerived(cacheDir);
  });
  const bytes = Math.max(0, before - (await keptBytes(cacheDir)));
  return { tracks: chosen.length, bytes };
}

/**
 * Drops the longest unused tracks until the cache is below `ROTO_CACHE_LIMIT_GB`. The track `keep`
 * stays, and so does what is in use. Never fails: what cannot be removed stays.
 */
export async function pruneTracks(cacheDir: string, keep?: string): Promise<void> {
  const limit = cacheLimitBytes();
  const isFull = async (): Promise<boolean> => (await trackedBytes(cacheDir)) > limit;
  try {
    if (!(await isFull())) return;
    for (const remove of await removable(cacheDir, keep)) {
      await remove();
      if (!(await isFull())) return;
    }
  } catch {
    // Housekeeping of files others may be removing too: the next run tries again.
  }
}

async function chosenTracks(
  ids: readonly string[] | undefined,
  cacheDir: string,
): Promise<TrackRecord[]> {
  const named = ids && (await Promise.all(ids.map((id) => findTrack(id, cacheDir))));
  const records = named ?? (await readRecords(cacheDir)).map(({ record }) => record);
  const free: TrackRecord[] = [];
  for (const record of new Map(records.map((each) => [each.id, each])).values()) {
    if (!(await isHeld(storeFolder(cacheDir, record.store)))) free.push(record);
    else if (named !== undefined) throw inUse(record);
  }
  return free;
}

/** What may go, the longest unused first: tracks, and stores that sessions left without one. */
async function removable(
  cacheDir: string,
  keep: string | undefined,
): Promise<(() => Promise<void>)[]> {
  const records = await readRecords(cacheDir);
  const used = new Set(records.map(({ record }) => record.store));
  const entries: { usedAt: number; remove: () => Promise<void> }[] = [];
  for (const { record, usedAt } of records) {
    if (record.id === keep || (await isHeld(storeFolder(cacheDir, record.store)))) continue;
    entries.push({ usedAt: usedAt.getTime(), remove: () => removeTrack(record, cacheDir) });
  }
  for (const name of await storeNames(cacheDir)) {
    const folder = storeFolder(cacheDir, name);
    if (used.has(name) || (await isHeld(folder))) continue;
    const about = await stat(join(folder, 'about.json')).catch(() => undefined);
    entries.push({ usedAt: about?.mtimeMs ?? 0, remove: () => removeFolder(folder) });
  }
  return entries.sort((a, b) => a.usedAt - b.usedAt).map(({ remove }) => remove);
}

async function removeTrack(record: TrackRecord, cacheDir: string): Promise<void> {
  await rm(recordPath(cacheDir, record.id), { force: true });
  const folder = storeFolder(cacheDir, record.store);
  const others = (await readRecords(cacheDir))
    .map((other) => other.record)
    .filter((other) => other.store === record.store);
  if (others.length === 0) return removeFolder(folder);
  const needed = new Set(others.flatMap((other) => other.anchors));
  const own = record.anchors.filter((anchor) => !needed.has(anchor));
  for (const name of filesOfTrack(await namesIn(folder), own)) {
    await rm(join(folder, name), { force: true });
  }
}

/** Stores that sessions left without a track, and records that this version cannot read. */
async function removeRest(cacheDir: string): Promise<void> {
  const records = (await readRecords(cacheDir)).map(({ record }) => record);
  const used = new Set(records.map((record) => record.store));
  for (const name of await storeNames(cacheDir)) {
    const folder = storeFolder(cacheDir, name);
    if (!used.has(name) && !(await isHeld(folder))) await removeFolder(folder);
  }
  const known = new Set(records.map((record) => `${record.id}.json`));
  for (const name of await namesIn(join(cacheDir, 'tracks'))) {
    if (!/^trk_[0-9a-f]{16}\.json(\.\d+\.tmp)?$/.test(name) || known.has(name)) continue;
    await rm(join(cacheDir, 'tracks', name), { recursive: true, force: true });
  }
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Bytes of tracks and masks; what else lies in the cache is not ours to count or to remove. */
async function trackedBytes(cacheDir: string): Promise<number> {
  const bytes = await Promise.all(
    ['stores', 'tracks'].map((name) => folderBytes(join(cacheDir, name))),
  );
  return bytes.reduce((sum, each) => sum + each, 0);
}

/** What {@link clearTracks} may remove. */
async function keptBytes(cacheDir: string): Promise<number> {
  return (await trackedBytes(cacheDir)) + (await countDerived(cacheDir)).bytes;
}

function inUse(record: TrackRecord): RotoError {
  return new RotoError('cache_locked', `A run is using the clip and engine of ${record.id}.`, {
    param: 'track',
    hint: 'Wait until it ends, then clear the track.',
  });
}

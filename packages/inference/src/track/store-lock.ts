import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RotoError } from '@roto/sdk/contract';

interface LockHolder {
  readonly pid: number;
  readonly host: string;
}

/**
 * Holds a store for one process that tracks, so that two never append to one run. A lock whose
 * process is gone, killed perhaps, is taken over at once.
 *
 * @returns the release
 * @throws RotoError `cache_locked`
 */
export async function lockStore(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'lock');
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (await tryLock(path)) return () => rm(path, { force: true });
    const holder = await readHolder(path);
    if (holder !== undefined && isAlive(holder)) throw locked(path, holder);
    await rm(path, { force: true });
  }
  throw locked(path, undefined);
}

/** The lock appears whole, holder and all: it is written beside its place and linked into it. */
async function tryLock(path: string): Promise<boolean> {
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readHolder(path: string): Promise<LockHolder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('pid' in value && 'host' in value)) return undefined;
    const { pid, host } = value;
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}

/** A process of another machine cannot be asked, so it counts as alive. */
function isAlive(holder: LockHolder): boolean {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function locked(path: string, holder: LockHolder | undefined): RotoError {
  const who = holder === undefined ? 'Another process' : `Process ${holder.pid} on ${holder.host}`;
  return new RotoError('cache_locked', `${who} is tracking this clip into the same cache.`, {
    hint: `Wait for it, or give this run a cache of its own. If no such process runs, remove ${path}.`,
  });
}

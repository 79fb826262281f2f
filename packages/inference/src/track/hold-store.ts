import { randomBytes } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { namesIn } from './run-files.ts';

const markName = /^use-[0-9a-f]{16}\.json$/;
/** How long a mark of another machine counts: its process cannot be asked whether it lives. */
const foreignMarkMs = 24 * 60 * 60 * 1000;
const processStart = Date.now() - process.uptime() * 1000;

/**
 * Marks a store as in use, so that clearing and pruning leave it alone. Any number may use a store
 * at a time. The mark of a process that is gone, killed perhaps, counts no more.
 *
 * @returns the release, which may be called again
 */
export async function holdStore(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, `use-${randomBytes(8).toString('hex')}.json`);
  const release = (): Promise<void> => rm(path, { force: true });
  try {
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 });
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}

/** Whether any process that lives uses a store; marks of dead ones are taken away. */
export async function isHeld(folder: string): Promise<boolean> {
  let used = false;
  for (const name of await namesIn(folder)) {
    if (!markName.test(name)) continue;
    const path = join(folder, name);
    if (await isAlive(path)) used = true;
    else await rm(path, { force: true });
  }
  return used;
}

async function isAlive(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const made = await stat(path).catch(() => undefined);
  if (text === undefined || made === undefined) return false;
  const holder = parseHolder(text);
  // A mark that says nothing is being written, or was when its process died.
  if (holder === undefined || holder.host !== hostname()) {
    return Date.now() - made.mtimeMs < (holder === undefined ? 60_000 : foreignMarkMs);
  }
  // A process may have the number of one that was killed; two seconds for coarse file times.
  if (holder.pid === process.pid) return made.mtimeMs > processStart - 2000;
  return isRunning(holder.pid);
}

function parseHolder(text: string): { pid: number; host: string } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('pid' in value && 'host' in value)) return undefined;
    const { pid, host } = value;
    if (!Number.isInteger(pid) || typeof pid !== 'number' || pid <= 0) return undefined;
    return typeof host === 'string' ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '../export/output-failure.ts';
import { stopError, throwIfStopped } from '../stop.ts';
import { modelsFolder } from './models-folder.ts';
import { storeFailure } from './store-failure.ts';

/** The right to change a model's folder, which one job of one process has at a time. */
export interface ModelLock {
  release(): Promise<void>;
}

interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called now and then while another holds it. */
  readonly onWait?: () => Promise<void> | void;
}

const pollMs = 200;
const beatMs = 2_000;
/** A holder that has not shown itself for this long is gone, wherever it ran. */
const staleMs = 30_000;

/**
 * Waits for the lock of a model and takes it. The lock of a process that was killed is taken over
 * at once on the same machine, and after half a minute without a sign of life from another one.
 * @throws RotoError `output_unwritable`, `disk_full`, `interrupted`
 */
export async function lockModel(id: string, options: LockOptions = {}): Promise<ModelLock> {
  const folder = modelsFolder();
  const path = join(folder, `.${id}.lock`);
  try {
    await mkdir(folder, { recursive: true });
    return await waitFor(path, options);
  } catch (error) {
    throw storeFailure(error, path);
  }
}

async function waitFor(path: string, { signal, onWait }: LockOptions): Promise<ModelLock> {
  const token = randomUUID();
  for (;;) {
    throwIfStopped(signal);
    if (await take(path, token)) return held(path, token);
    await dropStale(path);
    await onWait?.();
    await wait(signal);
  }
}

async function wait(signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(pollMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted) throw stopError(signal);
    throw error;
  }
}

/** The lock appears whole: it is written beside its place and linked into it. */
async function take(path: string, token: string): Promise<boolean> {
  const draft = `${path}.${token}`;
  await writeFile(draft, JSON.stringify({ pid: process.pid, host: hostname(), token }));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function held(path: string, token: string): ModelLock {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, beatMs);
  beat.unref();
  return {
    release: async () => {
      clearInterval(beat);
      if ((await readToken(path)) === token) await rm(path, { force: true });
    },
  };
}

/** Takes a stale lock away under a name of its own, so that of several who try one succeeds. */
async function dropStale(path: string): Promise<void> {
  const token = await readToken(path);
  if (token === undefined || !(await isStale(path))) return;
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    // Another was faster and holds it by now: give it back.
    if ((await readToken(aside)) !== token) await link(aside, path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  const { pid, host } = await readHolder(path);
  if (host === hostname() && pid !== undefined && !isAlive(pid)) return true;
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > staleMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

interface Holder {
  readonly pid?: number;
  readonly host?: string;
  readonly token?: string;
}

async function readHolder(path: string): Promise<Holder> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return {};
    return {
      ...('pid' in value && typeof value.pid === 'number' ? { pid: value.pid } : {}),
      ...('host' in value && typeof value.host === 'string' ? { host: value.host } : {}),
      ...('token' in value && typeof value.token === 'string' ? { token: value.token } : {}),
    };
  } catch {
    return {};
  }
}

async function readToken(path: string): Promise<string | undefined> {
  return (await readHolder(path)).token;
}

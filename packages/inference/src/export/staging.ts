import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { outputFailure } from './output-failure.ts';

const prefix = '.roto-part';
const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const stagingName = /^\.roto-part-([0-9a-f]{8})-(\d{1,10})-[0-9a-f]{12}$/;

/** Folders in use by this process: who made them last takes them away, if nothing was kept. */
const claims = new Map<string, { users: number; made: boolean }>();

/**
 * A hidden folder beside the place of an output, on the same file system, where its files lie until
 * they are whole. Its name says which process on which machine it belongs to, so that a later run
 * can tell what a killed one left.
 */
export class Staging {
  readonly #folder: string;
  readonly #hidden: string;
  readonly #claimed: readonly string[];
  #gone: Promise<void> | undefined;

  private constructor(folder: string, hidden: string, claimed: readonly string[]) {
    this.#folder = folder;
    this.#hidden = hidden;
    this.#claimed = claimed;
  }

  /**
   * Makes `folder` and what is missing above it, and sweeps what dead runs left in it.
   * @throws RotoError `output_unwritable`, `disk_full`
   */
  static async open(folder: string): Promise<Staging> {
    const claimed = claim(folder);
    const hidden = join(
      folder,
      `${prefix}-${host}-${process.pid}-${randomBytes(6).toString('hex')}`,
    );
    try {
      await makeFolders(claimed);
      await sweepStaging(folder);
      await mkdir(hidden, { mode: 0o700 });
    } catch (cause) {
      await release(claimed);
      throw outputFailure(cause, folder);
    }
    return new Staging(folder, hidden, claimed);
  }

  /** Path of a file while it is made; `name` is the one it will have. */
  path(name: string): string {
    return join(this.#hidden, name);
  }

  /** Writes one file whole and flushes it to the disk. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.path(name);
    try {
      const file = await open(path, 'wx');
      try {
        await file.writeFile(bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw outputFailure(cause, join(this.#folder, name));
    }
  }

  /** Flushes a file that another program wrote. */
  async flush(name: string): Promise<void> {
    try {
      const file = await open(this.path(name), 'r+');
      try {
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw outputFailure(cause, join(this.#folder, name));
    }
  }

  /**
   * Gives the files their final names, replacing what is there. Where one cannot be renamed, those
   * that were are taken away again: a half output is none.
   */
  async publish(names: Iterable<string>): Promise<void> {
    const renamed: string[] = [];
    let last = this.#folder;
    try {
      for (const name of names) {
        last = join(this.#folder, name);
        await rename(this.path(name), last);
        renamed.push(last);
      }
      await syncFolder(this.#folder);
    } catch (cause) {
      await Promise.all(renamed.map((path) => rm(path, { force: true })));
      await this.discard();
      throw outputFailure(cause, last);
    }
    await this.discard();
  }

  /** Removes what is not published, and folders made for it that hold nothing else. */
  discard(): Promise<void> {
    this.#gone ??= this.#remove();
    return this.#gone;
  }

  async #remove(): Promise<void> {
    await rm(this.#hidden, { recursive: true, force: true, maxRetries: 3 });
    await release(this.#claimed);
  }
}

/**
 * Removes hidden folders of runs that are dead: of this machine, and of a process that is gone or
 * that began after the folder was made (its number was used again).
 */
export async function sweepStaging(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const match = stagingName.exec(name);
    if (match === null || match[1] !== host) continue;
    const path = join(folder, name);
    if (await isStale(path, Number(match[2]))) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function isStale(path: string, pid: number): Promise<boolean> {
  if (pid === process.pid) {
    const made = await stat(path).catch(() => undefined);
    // Two seconds of slack: some file systems keep times that coarsely.
    return made !== undefined && made.mtimeMs < Date.now() - process.uptime() * 1000 - 2000;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'ESRCH';
  }
}

/** Counts this user in for `folder` and every folder above it, outermost first. */
function claim(folder: string): string[] {
  const chain: string[] = [];
  for (let at = folder; at !== dirname(at); at = dirname(at)) chain.unshift(at);
  for (const path of chain) {
    const entry = claims.get(path);
    if (entry === undefined) claims.set(path, { users: 1, made: false });
    else entry.users += 1;
  }
  return chain;
}

async function makeFolders(chain: readonly string[]): Promise<void> {
  for (const path of chain) {
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory()) continue;
    try {
      await mkdir(path);
    } catch (cause) {
      const now = await stat(path).catch(() => undefined);
      // Another writer of this run was a moment earlier.
      if (now?.isDirectory()) continue;
      throw cause;
    }
    const entry = claims.get(path);
    if (entry !== undefined) entry.made = true;
  }
}

/** Counts this user out; the last one removes folders that this process made and that are empty. */
async function release(chain: readonly string[]): Promise<void> {
  for (const path of chain.toReversed()) {
    const entry = claims.get(path);
    if (entry === undefined) continue;
    entry.users -= 1;
    if (entry.users > 0) continue;
    claims.delete(path);
    // Not empty: something of worth is in it.
    if (entry.made) await rmdir(path).catch(() => undefined);
  }
}

/** Makes the new names last through a power cut, where the file system can. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch {
    // Some network file systems cannot sync a folder; the files themselves are synced.
  } finally {
    await handle.close();
  }
}

/** The file name a path ends in, under which it lies in its staging folder. */
export function stagedName(path: string): string {
  return basename(path);
}

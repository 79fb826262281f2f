import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { TaskFile } from '../services/task-files.ts';
import type { Storage } from '../storage/storage.ts';

/** Ending of pieces of files that only grow: where the piece begins. */
const pieceName = /^(.+\.run)\.at-(\d{1,15})$/;

/** What was copied of a file of the cache. */
interface Copied {
  readonly size: number;
  readonly mtimeMs: number;
  readonly objects: TaskFile[];
}

/**
 * The copy in storage of what the cache keeps of a track, from which another worker goes on. Files of
 * masks only grow, and only what they grew by is sent.
 */
export class TrackCopy {
  readonly prefix: string;
  readonly #storage: Storage;
  readonly #cache: string;
  readonly #copied = new Map<string, Copied>();

  /** @param prefix ends in `/` */
  constructor(storage: Storage, cache: string, prefix: string) {
    this.#storage = storage;
    this.#cache = cache;
    this.prefix = prefix;
  }

  /** Everything in the copy. */
  get files(): TaskFile[] {
    return [...this.#copied.values()].flatMap(({ objects }) => objects);
  }

  /** Sends what has changed of the files, which are relative to the cache. */
  async save(files: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const file of files) {
      signal?.throwIfAborted();
      await this.#saveFile(file, signal);
    }
    const wanted = new Set(files);
    for (const [file, { objects }] of this.#copied) {
      if (wanted.has(file)) continue;
      await this.#storage.delete(objects.map(({ key }) => key));
      this.#copied.delete(file);
    }
  }

  async #saveFile(file: string, signal: AbortSignal | undefined): Promise<void> {
    const path = join(this.#cache, file);
    const now = await stat(path).catch(() => undefined);
    const before = this.#copied.get(file);
    // It may have been replaced by a newer one since it was listed.
    if (now === undefined || (before?.size === now.size && before.mtimeMs === now.mtimeMs)) return;
    const { size, mtimeMs } = now;
    const grows = file.endsWith('.run');
    const start = grows ? (before?.size ?? 0) : 0;
    if (size === start) return;
    const key = `${this.prefix}${file}${grows ? `.at-${start}` : ''}`;
    const body = createReadStream(path, { start, end: size - 1 });
    const put = await this.#storage.put(key, body, { signal });
    const kept = grows ? (before?.objects ?? []) : [];
    this.#copied.set(file, { size, mtimeMs, objects: [...kept, { key, ...put }] });
  }
}

/**
 * Brings the files of a track from storage into a cache that does not have them. What is there
 * already stays: it is the same, or further on.
 * @param prefix ends in `/`
 */
export async function restoreTrack(
  storage: Storage,
  prefix: string,
  cache: string,
  signal?: AbortSignal,
): Promise<void> {
  const files = new Map<string, { key: string; start: number }[]>();
  for await (const { key } of storage.list(prefix)) {
    const name = key.slice(prefix.length);
    const [, file = name, start = '0'] = pieceName.exec(name) ?? [];
    files.set(file, [...(files.get(file) ?? []), { key, start: Number(start) }]);
  }
  for (const [file, pieces] of files) {
    signal?.throwIfAborted();
    const path = join(cache, file);
    if ((await stat(path).catch(() => undefined)) !== undefined) continue;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const part = `${path}.${process.pid}.tmp`;
    try {
      await rm(part, { force: true });
      for (const { key } of pieces.sort((a, b) => a.start - b.start)) {
        await pipeline(
          await storage.get(key),
          createWriteStream(part, { flags: 'a', mode: 0o600 }),
        );
      }
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
  }
}

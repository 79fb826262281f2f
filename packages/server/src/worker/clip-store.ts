import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, symlink, utimes } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { listFrameKeys, type VideoRow } from '../db/queries/task-videos.ts';
import type { Db } from '../db/types.ts';
import type { Storage } from '../storage/storage.ts';

/** Where originals lie for the programs that read them. */
export interface ClipStoreOptions {
  readonly db: Db;
  readonly storage: Storage;
  /** Folder for copies; made where it is missing. */
  readonly folder: string;
}

export interface OpenClipOptions {
  readonly signal?: AbortSignal;
  /** Told of bytes that have come, of how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Files of clips that are brought at a time. */
const atOnce = 4;
/** Copies that nobody opened for so long are removed. */
const keptMs = 6 * 60 * 60_000;

/** Originals of videos on this machine: where they lie in a folder in place, else as copies. */
export class ClipStore {
  readonly #options: ClipStoreOptions;
  readonly #opening = new Map<string, Promise<string>>();

  constructor(options: ClipStoreOptions) {
    this.#options = options;
  }

  /**
   * The path of a video's original, as a shot's source takes it: a movie, or a pattern of a
   * sequence. What is here already is not brought again.
   */
  async open(video: VideoRow, options: OpenClipOptions = {}): Promise<string> {
    const known = this.#opening.get(video.id);
    if (known !== undefined) return known;
    const opening =
      video.kind === 'movie' ? this.#movie(video, options) : this.#frames(video, options);
    this.#opening.set(video.id, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(video.id);
    }
  }

  /** Removes copies that were not opened for hours. */
  async prune(nowMs = Date.now()): Promise<void> {
    for (const name of await readdir(this.#options.folder).catch(() => [])) {
      const path = join(this.#options.folder, name);
      const used = (await stat(path).catch(() => undefined))?.mtimeMs ?? nowMs;
      if (nowMs - used > keptMs && !this.#opening.has(name)) {
        await rm(path, { recursive: true, force: true });
      }
    }
  }

  async #movie({ id, s3_key }: VideoRow, options: OpenClipOptions): Promise<string> {
    const inPlace = this.#options.storage.localPath(s3_key);
    if (inPlace !== undefined) return inPlace;
    const path = join(this.#options.folder, id, `original${extname(s3_key)}`);
    await this.#bring([{ key: s3_key, path }], options);
    await this.#touch(id);
    return path;
  }

  async #frames({ id }: VideoRow, options: OpenClipOptions): Promise<string> {
    const folder = join(this.#options.folder, id);
    const frames = await listFrameKeys(this.#options.db, id);
    const wanted = frames.map(({ frame, key }) => ({
      key,
      path: join(folder, frameName(frame, key)),
    }));
    await this.#bring(wanted, options);
    await this.#touch(id);
    return join(folder, `plate.####${extname(frames[0]?.key ?? '')}`);
  }

  async #bring(
    wanted: readonly { readonly key: string; readonly path: string }[],
    { signal, onProgress }: OpenClipOptions,
  ): Promise<void> {
    const missing = [];
    for (const file of wanted) {
      const size = (await this.#options.storage.head(file.key))?.size ?? 0;
      const here = (await stat(file.path).catch(() => undefined))?.size;
      if (here !== size) missing.push({ ...file, size });
    }
    const total = missing.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    const next = missing[Symbol.iterator]();
    const bringSome = async () => {
      for (const { key, path, size } of next) {
        signal?.throwIfAborted();
        await this.#bringOne(key, path, signal);
        done += size;
        onProgress?.(done, total);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, bringSome));
  }

  async #bringOne(key: string, path: string, signal: AbortSignal | undefined): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const part = `${path}.${process.pid}.part`;
    const inPlace = this.#options.storage.localPath(key);
    try {
      if (inPlace === undefined) {
        const stop = signal === undefined ? {} : { signal };
        await pipeline(await this.#options.storage.get(key), createWriteStream(part), stop);
      } else {
        await symlink(inPlace, part);
      }
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
  }

  async #touch(id: string): Promise<void> {
    const now = new Date();
    await utimes(join(this.#options.folder, id), now, now).catch(() => undefined);
  }
}

function frameName(frame: number, key: string): string {
  const digits = String(Math.abs(frame)).padStart(4, '0');
  return `plate.${frame < 0 ? '-' : ''}${digits}${extname(key)}`;
}

import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VideoRow } from '../db/queries/videos.ts';
import { fetchSource, type SourceDeps } from '../services/video-source.ts';

/** Where originals lie for the programs that read them. */
export interface ClipStoreOptions extends SourceDeps {
  /** Folder for copies; made where it is missing. */
  readonly folder: string;
}

export interface OpenClipOptions {
  readonly signal: AbortSignal;
  /** Told of bytes that have come, of how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Written last: says of which pixels a copy is, and where it lies. */
const mark = 'whole.json';
/** Copies that nobody opened for so long are removed. */
const keptMs = 6 * 60 * 60_000;

/** Originals of videos on this machine, brought once for many tasks. */
export class ClipStore {
  readonly #options: ClipStoreOptions;
  readonly #opening = new Map<string, Promise<string>>();

  constructor(options: ClipStoreOptions) {
    this.#options = options;
  }

  /** The path of a video's original, as a shot's source takes it: a movie, or a folder of frames. */
  async open(video: VideoRow, options: OpenClipOptions): Promise<string> {
    if (video.kind === 'movie') {
      const inPlace = this.#options.storage.localPath(video.s3_key);
      if (inPlace !== undefined) return inPlace;
    }
    const known = this.#opening.get(video.id);
    if (known !== undefined) return known;
    const opening = this.#openCopy(video, options);
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

  async #openCopy(video: VideoRow, options: OpenClipOptions): Promise<string> {
    const { folder: all, ...deps } = this.#options;
    const folder = join(all, video.id);
    const fingerprint = video.video_metadata?.fingerprint ?? '';
    const kept = await readMark(join(folder, mark));
    if (kept?.fingerprint === fingerprint) {
      const now = new Date();
      await utimes(folder, now, now).catch(() => undefined);
      return kept.path;
    }
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { path } = await fetchSource(deps, video, { ...options, folder });
    await writeFile(join(folder, mark), JSON.stringify({ fingerprint, path }), { mode: 0o600 });
    return path;
  }
}

async function readMark(path: string): Promise<{ fingerprint: string; path: string } | undefined> {
  try {
    const { fingerprint, path: source } = JSON.parse(await readFile(path, 'utf8'));
    return { fingerprint: String(fingerprint), path: String(source) };
  } catch {
    return undefined;
  }
}

import { createWriteStream } from 'node:fs';
import { link, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RotoError, type SequenceSource } from '@roto/sdk/contract';
import { listSequenceFrames } from '../db/queries/sequence-frames.ts';
import type { VideoRow } from '../db/queries/videos.ts';
import type { Db } from '../db/types.ts';
import { extensionOf } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';

/** What {@link fetchSource} stands on. */
export interface SourceDeps {
  readonly db: Db;
  readonly storage: Storage;
}

export interface FetchSourceOptions {
  /** Absolute, and the caller's own: it removes it when it has done its work. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Told of bytes that were fetched, of all there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** An original where programs can read it. */
export interface FetchedSource {
  /** Absolute: the movie, or a folder with the frames of the sequence, by their numbers. */
  readonly path: string;
  /** How a sequence is to be read; undefined of a movie. */
  readonly sequence: SequenceSource | undefined;
}

const page = 1000;

/**
 * Brings what was uploaded of a video to this machine. Where storage is a folder of it, nothing is
 * copied: a movie is read where it lies, and frames are linked under the names of a sequence.
 * @throws RotoError `not_found` where the video has no files; the signal's reason
 */
export async function fetchSource(
  deps: SourceDeps,
  video: Pick<VideoRow, 'id' | 'kind' | 's3_key' | 'video_metadata'>,
  options: FetchSourceOptions,
): Promise<FetchedSource> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  if (video.kind === 'movie') {
    return { path: await fetchMovie(deps, video.s3_key, options), sequence: undefined };
  }
  const sequence = video.video_metadata?.source ?? {
    rate: null,
    missingFrames: 'error',
    inputColorspace: 'auto',
  };
  return { path: await fetchFrames(deps, video, options), sequence };
}

async function fetchMovie(
  { storage }: SourceDeps,
  key: string,
  { folder, signal, onProgress }: FetchSourceOptions,
): Promise<string> {
  const local = storage.localPath(key);
  const info = await storage.head(key);
  if (info === undefined) throw gone();
  if (local !== undefined) return local;
  const path = join(folder, `original${extensionOf(key)}`);
  let done = 0;
  const told = async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      done += piece.byteLength;
      onProgress?.(done, info.size);
      yield piece;
    }
  };
  await pipeline(await storage.get(key), told, createWriteStream(path), { signal });
  return path;
}

async function fetchFrames(
  { db, storage }: SourceDeps,
  video: Pick<VideoRow, 'id'>,
  { folder, signal, onProgress }: FetchSourceOptions,
): Promise<string> {
  const frames = join(folder, 'frames');
  await mkdir(frames, { mode: 0o700 });
  let done = 0;
  let count = 0;
  for (let after: number | undefined; ; ) {
    const found = await listSequenceFrames(db, video.id, { after, limit: page });
    for (const { frame, key, size_bytes } of found) {
      signal.throwIfAborted();
      await placeFrame(storage, key, join(frames, frameName(frame, extensionOf(key))), signal);
      done += size_bytes;
      count += 1;
      onProgress?.(done, done);
    }
    after = found.at(-1)?.frame;
    if (found.length < page) break;
  }
  if (count === 0) throw gone();
  return frames;
}

async function placeFrame(
  storage: Storage,
  key: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const local = storage.localPath(key);
  if (local === undefined) {
    await pipeline(await storage.get(key), createWriteStream(path), { signal });
    return;
  }
  // A link keeps the frame while it is worked on, though another one takes its place meanwhile.
  await link(local, path).catch(() => symlink(local, path));
}

/** As artists number frames: `frame.1001.exr`, four digits at least, the sign among them. */
function frameName(frame: number, extension: string): string {
  const digits = String(Math.abs(frame)).padStart(frame < 0 ? 3 : 4, '0');
  return `frame.${frame < 0 ? '-' : ''}${digits}${extension}`;
}

function gone(): RotoError {
  return new RotoError('not_found', 'The files of the video are not in storage any more.');
}

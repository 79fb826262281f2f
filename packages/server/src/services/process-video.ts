import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotoError, type VideoMetadata } from '@roto/sdk/contract';
import type { Insertable } from 'kysely';
import type { Clock } from '../clock.ts';
import { json } from '../db/column-types.ts';
import { addFiles, removeFileByKey, setFileHash } from '../db/queries/files.ts';
import { announcedHash } from '../db/queries/uploads.ts';
import { findVideo, lockVideoForUpdate, updateVideo, type VideoRow } from '../db/queries/videos.ts';
import type { FilesTable } from '../db/tables/clips.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db } from '../db/types.ts';
import type { Log } from '../log.ts';
import { callMediaHost } from '../media/call-media-host.ts';
import type { MediaCalls, MediaSource } from '../media/media-calls.ts';
import { newId } from '../new-id.ts';
import { contentTypeOf, videoPrefix } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { fetchSource } from './video-source.ts';

/** What the functions here stand on. */
export interface ProcessDeps {
  readonly db: Db;
  readonly storage: Storage;
  readonly clock: Clock;
}

/** How one attempt is made. */
export interface Attempt {
  readonly isLast: boolean;
  readonly signal: AbortSignal;
  readonly log: Log;
}

type Prepared = MediaCalls['prepare']['answer'];
type NewFile = Pick<Insertable<FilesTable>, 'key' | 'category' | 'size_bytes' | 'sha256'>;

/**
 * Looks at what was uploaded: it is compared with what was announced, probed, and gets a thumbnail
 * and what browsers play. A clip that cannot be read fails with its reason; what failed for another
 * reason is tried again.
 */
export async function processVideo(
  deps: ProcessDeps,
  videoId: string,
  attempt: Attempt,
): Promise<void> {
  const video = await findVideo(deps.db, videoId);
  if (video?.status !== 'processing') return;
  const work = await mkdtemp(join(tmpdir(), 'roto-video-'));
  try {
    await prepareVideo(deps, video, { work, signal: attempt.signal });
  } catch (error) {
    if (attempt.signal.aborted) throw error;
    const isFinal = error instanceof RotoError && isOfClip(error);
    if (!isFinal && !attempt.isLast) throw error;
    attempt.log.warn({ err: error, videoId }, 'a video failed');
    await failVideo(deps, videoId, error);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Whether another attempt would end the same. */
function isOfClip({ kind, code }: RotoError): boolean {
  return kind === 'usage' || code === 'transfer_corrupt';
}

interface Work {
  /** A folder of this attempt alone. */
  readonly work: string;
  readonly signal: AbortSignal;
}

async function prepareVideo(
  deps: ProcessDeps,
  video: VideoRow,
  { work, signal }: Work,
): Promise<void> {
  const { db, storage } = deps;
  const source = await mediaSource(deps, video, { work, signal });
  const paths = { thumbnail: join(work, 'thumbnail.jpg'), mezzanine: join(work, 'browser.mp4') };
  const sha256 = video.kind === 'movie' ? await announcedHash(db, video.id) : undefined;
  const prepared = await callMediaHost('prepare', { source, sha256, ...paths }, { signal });
  // New keys each time: who reads the old files is not disturbed.
  const prefix = `${videoPrefix(video.user_id, video.id)}made/${newId('file')}`;
  const thumbnail = `${prefix}-thumbnail.jpg`;
  const files = [await store(storage, { path: paths.thumbnail, key: thumbnail, signal })];
  const mezzanine = prepared.mezzanine === undefined ? undefined : `${prefix}-browser.mp4`;
  if (mezzanine !== undefined) {
    files.push(await store(storage, { path: paths.mezzanine, key: mezzanine, signal }));
  }
  const unwanted = await keepPrepared(deps, video, { prepared, thumbnail, mezzanine, files });
  await storage.delete(unwanted);
}

async function mediaSource(
  deps: ProcessDeps,
  video: VideoRow,
  { work, signal }: Work,
): Promise<MediaSource> {
  const { path, sequence } = await fetchSource(deps, video, { folder: work, signal });
  return { path, title: video.title, ...(sequence === undefined ? {} : { sequence }) };
}

interface ToStore {
  readonly path: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

async function store(storage: Storage, { path, key, signal }: ToStore): Promise<NewFile> {
  const { size, sha256 } = await storage.put(key, createReadStream(path), { signal });
  const category = key.endsWith('.jpg') ? 'thumbnails' : 'other';
  return { key, category, size_bytes: size, sha256 };
}

interface Kept {
  readonly prepared: Prepared;
  readonly thumbnail: string;
  readonly mezzanine: string | undefined;
  readonly files: readonly NewFile[];
}

/** Gives the keys of files that nobody wants any more: the new ones where the video went meanwhile. */
function keepPrepared(
  { db, clock }: ProcessDeps,
  { id, user_id }: VideoRow,
  { prepared, thumbnail, mezzanine, files }: Kept,
): Promise<string[]> {
  return inTransaction(db, async (trx) => {
    const video = await lockVideoForUpdate(trx, id);
    if (video?.status !== 'processing') return files.map(({ key }) => key);
    const now = clock();
    const { video_keys, thumbnail_key, forward_reverse_key } = video;
    const made = [thumbnail_key, video_keys?.['mezzanine'], forward_reverse_key];
    const old = made.filter((key) => typeof key === 'string');
    for (const key of old) await removeFileByKey(trx, key);
    const owned = { user_id, video_id: id, created_at: now };
    await addFiles(
      trx,
      files.map((file) => ({
        ...owned,
        ...file,
        id: newId('file'),
        content_type: contentTypeOf(file.key),
      })),
    );
    if (prepared.sha256 !== undefined) await setFileHash(trx, video.s3_key, prepared.sha256);
    const original = video.kind === 'movie' ? video.s3_key : undefined;
    const browser = mezzanine ?? (prepared.playsInBrowsers ? original : undefined);
    await updateVideo(trx, id, {
      status: 'ready',
      thumbnail_key: thumbnail,
      forward_reverse_key: null,
      video_keys: json({
        ...(original === undefined ? {} : { original }),
        ...(browser === undefined ? {} : { browser }),
        ...(mezzanine === undefined ? {} : { mezzanine }),
      }),
      video_metadata: json({ ...video.video_metadata, ...metadataOf(video, prepared) }),
      updated_at: now,
    });
    return old;
  });
}

function metadataOf(video: VideoRow, prepared: Prepared): VideoMetadata {
  const { facts, mezzanine, failure } = prepared;
  const frames = facts.lastFrame - facts.firstFrame + 1;
  const { width, height } = facts;
  const played = { from: 'original' as const, width, height, frames };
  const notPlayed = { code: 'no_browser_movie', message: failure ?? '' };
  return {
    filename: video.title,
    width,
    height,
    rate: facts.rate,
    firstFrame: facts.firstFrame,
    lastFrame: facts.lastFrame,
    frames,
    seconds: (frames * facts.rate.den) / facts.rate.num,
    missingFrames: [...facts.missingFrames],
    bitDepth: facts.bitDepth,
    hasAlpha: facts.hasAlpha,
    hasAudio: facts.hasAudio,
    variableRate: facts.variableRate,
    rotation: facts.rotation,
    pixelAspect: facts.pixelAspect,
    timecode: facts.timecode ?? null,
    color: facts.color,
    codec: prepared.codec ?? null,
    container: prepared.container ?? null,
    fingerprint: facts.fingerprint,
    browser:
      mezzanine === undefined
        ? prepared.playsInBrowsers
          ? played
          : null
        : { from: 'mezzanine', ...mezzanine },
    warnings: [...facts.warnings, ...(failure === undefined ? [] : [notPlayed])],
  };
}

async function failVideo({ db, clock }: ProcessDeps, id: string, error: unknown): Promise<void> {
  const isSaid = error instanceof RotoError && isOfClip(error);
  await inTransaction(db, async (trx) => {
    const video = await lockVideoForUpdate(trx, id);
    if (video?.status !== 'processing') return;
    await updateVideo(trx, id, {
      status: 'failed',
      error_code: isSaid ? error.code : 'internal',
      error_message: isSaid ? error.message : 'The service failed at this video.',
      updated_at: clock(),
    });
  });
}

/** Makes the rendition that plays forwards and then backwards, where it is not there. */
export async function makeForwardReverse(
  deps: ProcessDeps,
  videoId: string,
  { signal }: Attempt,
): Promise<void> {
  const { db, storage, clock } = deps;
  const video = await findVideo(db, videoId);
  if (video?.status !== 'ready' || video.forward_reverse_key !== null) return;
  const work = await mkdtemp(join(tmpdir(), 'roto-video-'));
  try {
    const source = await mediaSource(deps, video, { work, signal });
    const path = join(work, 'forward-reverse.mp4');
    await callMediaHost('forwardReverse', { source, path }, { signal });
    const prefix = `${videoPrefix(video.user_id, video.id)}made/${newId('file')}`;
    const file = await store(storage, { path, key: `${prefix}-forward-reverse.mp4`, signal });
    const kept = await inTransaction(db, async (trx) => {
      const now = await lockVideoForUpdate(trx, videoId);
      if (now?.status !== 'ready' || now.forward_reverse_key !== null) return false;
      const { user_id } = video;
      const more = { id: newId('file'), user_id, video_id: videoId, created_at: clock() };
      await addFiles(trx, [{ ...file, ...more, content_type: contentTypeOf(file.key) }]);
      await updateVideo(trx, videoId, { forward_reverse_key: file.key, updated_at: clock() });
      return true;
    });
    if (!kept) await storage.delete([file.key]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

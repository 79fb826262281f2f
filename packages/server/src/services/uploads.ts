import { RotoError, type UploadState } from '@roto/sdk/contract';
import { type Clock, secondsAfter } from '../clock.ts';
import { json } from '../db/column-types.ts';
import { addFiles, removeFilesOfVideo } from '../db/queries/files.ts';
import { lockStorage } from '../db/queries/storage-sums.ts';
import { addUpload, endUpload, findUpload, type UploadRow } from '../db/queries/uploads.ts';
import { findUser, type UserRow } from '../db/queries/users.ts';
import { addVideo, deleteVideoRow, findVideo, updateVideo } from '../db/queries/videos.ts';
import type { UploadsTable } from '../db/tables/clips.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import type { Queue } from '../jobs/queue.ts';
import { newId } from '../new-id.ts';
import { contentTypeOf, extensionOf, videoPrefix } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { uploadRoom } from './storage-space.ts';

/** Seconds after which an upload that nothing came to is given up. */
export const uploadSeconds = 24 * 60 * 60;

/** What the functions here stand on, each on a part of it. */
export interface UploadDeps {
  readonly db: Db;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly storage: Storage;
  /** Called within the transaction that makes a movie of what was sent. */
  readonly answered?: (trx: Trx, upload: UploadRow) => Promise<void>;
}

/** A movie that somebody begins to send. */
export interface NewMovie {
  readonly user: UserRow;
  readonly protocol: Exclude<UploadsTable['protocol'], 'sequence'>;
  /** As the client calls it; its ending becomes that of the key, all of it the title. */
  readonly filename: string;
  readonly title?: string | undefined;
  /** Undefined where it is not known yet. */
  readonly sizeBytes: number | undefined;
  readonly sha256?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** The store's id of the upload, made for the key of the movie. */
  readonly beginAtStore?: (key: string) => Promise<string>;
}

/**
 * Makes the row of a movie and of its upload, which keeps room for what was announced.
 * @throws RotoError `payload_too_large`, `quota_exceeded`
 */
export async function beginMovie(deps: UploadDeps, movie: NewMovie): Promise<UploadRow> {
  const { user, protocol, filename, sizeBytes, sha256, idempotencyKey } = movie;
  const videoId = newId('video');
  const id = newId('upload');
  const s3_key = `${videoPrefix(user.id, videoId)}original${extensionOf(filename)}`;
  (await uploadRoom(deps, user)).require(sizeBytes ?? 1);
  const storage_upload_id = (await movie.beginAtStore?.(s3_key)) ?? null;
  const now = deps.clock();
  await inTransaction(deps.db, async (trx) => {
    await lockStorage(trx, user.id);
    (await uploadRoom({ ...deps, db: trx }, user)).require(sizeBytes ?? 1);
    await addVideo(trx, {
      id: videoId,
      user_id: user.id,
      title: movie.title ?? titleOf(filename),
      kind: 'movie',
      s3_key,
      created_at: now,
      updated_at: now,
    });
    await addUpload(trx, {
      id,
      user_id: user.id,
      video_id: videoId,
      protocol,
      size_bytes: sizeBytes ?? null,
      sha256: sha256 ?? null,
      storage_upload_id,
      metadata: json({
        filename: titleOf(filename),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      }),
      created_at: now,
      updated_at: now,
      expires_at: secondsAfter(now, uploadSeconds),
    });
  });
  return existingUpload(await findUpload(deps.db, id));
}

/** One line of at most 255 characters, whatever a client called its file. */
function titleOf(filename: string): string {
  const last = filename.split(/[\\/]/).at(-1) ?? '';
  const line = last
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ')
    .trim();
  return line.slice(-255).toWellFormed().trim() || 'Untitled';
}

/**
 * Ends the upload of a movie whose file lies whole under its key: file, video and its first job come
 * together. Nothing happens where that was done already.
 * @throws RotoError `quota_exceeded`, and the file and the video are gone
 */
export async function completeMovie(
  deps: UploadDeps,
  upload: UploadRow,
  file: { readonly size: number; readonly sha256: string | null },
): Promise<void> {
  const { db, queue, clock } = deps;
  try {
    await inTransaction(db, async (trx) => {
      await lockStorage(trx, upload.user_id);
      const now = clock();
      const ended = await endUpload(trx, upload.id, {
        status: 'completed',
        size_bytes: file.size,
        received_bytes: file.size,
        updated_at: now,
      });
      if (!ended) return;
      await requireRoom(trx, deps, upload, file.size);
      await addFiles(trx, [
        {
          id: newId('file'),
          user_id: upload.user_id,
          video_id: upload.video_id,
          key: upload.s3_key,
          category: 'videos',
          size_bytes: file.size,
          sha256: file.sha256,
          content_type: contentTypeOf(upload.s3_key),
          created_at: now,
        },
      ]);
      await updateVideo(trx, upload.video_id, {
        status: 'processing',
        video_keys: json({ original: upload.s3_key }),
        updated_at: now,
      });
      await queue.enqueue(trx, 'process-video', { videoId: upload.video_id });
      await deps.answered?.(trx, upload);
    });
  } catch (error) {
    if (error instanceof RotoError) await abandonUpload(deps, upload, 'aborted');
    throw error;
  }
}

async function requireRoom(
  trx: Trx,
  deps: UploadDeps,
  upload: UploadRow,
  size: number,
): Promise<void> {
  const user = await findUser(trx, upload.user_id);
  if (user === undefined) return;
  (await uploadRoom({ ...deps, db: trx }, user, upload.id)).require(size);
}

/**
 * Gives an upload up: what has arrived goes, and the video too where it was never there. May be
 * called again.
 */
export async function abandonUpload(
  deps: UploadDeps,
  upload: UploadRow,
  status: 'aborted' | 'expired',
): Promise<void> {
  const { db, storage, clock, queue } = deps;
  const { id, s3_key, storage_upload_id, protocol, video_id, user_id } = upload;
  if (protocol === 'tus') await storage.tus.discard(s3_key);
  if (protocol === 's3' && storage_upload_id !== null) {
    await storage.parts?.abort({ key: s3_key, uploadId: storage_upload_id });
  }
  await inTransaction(db, async (trx) => {
    await lockStorage(trx, user_id);
    await endUpload(trx, id, { status, updated_at: clock() });
    const video = await findVideo(trx, video_id);
    if (video?.status !== 'uploading') return;
    if (video.video_metadata?.fingerprint !== undefined) {
      // A sequence that was there before goes on with what it has now.
      await updateVideo(trx, video_id, { status: 'processing', updated_at: clock() });
      await queue.enqueue(trx, 'process-video', { videoId: video_id });
      return;
    }
    await removeFilesOfVideo(trx, video_id);
    await deleteVideoRow(trx, video_id);
    await queue.enqueue(trx, 'delete-files', { prefix: videoPrefix(user_id, video_id) });
  });
}

/**
 * An account's upload.
 * @throws RotoError `not_found`
 */
export async function getUpload(
  { db }: Pick<UploadDeps, 'db'>,
  userId: string,
  id: string,
): Promise<UploadRow> {
  return existingUpload(await findUpload(db, id, userId));
}

/** An upload as its owner sees it. */
export function toUploadState(upload: UploadRow): UploadState {
  return {
    id: upload.id,
    video_id: upload.video_id,
    protocol: upload.protocol,
    status: upload.status,
    size_bytes: upload.size_bytes,
    received_bytes: upload.received_bytes,
    expires_at: upload.expires_at.toISOString(),
  };
}

/**
 * Refuses what is over, or was begun by another protocol.
 * @throws RotoError `conflict`
 */
export function requireOpen(
  upload: UploadRow,
  protocol: UploadsTable['protocol'],
  now: Date,
): void {
  if (upload.protocol !== protocol) {
    throw new RotoError('conflict', `This upload goes by ${upload.protocol}, not by ${protocol}.`);
  }
  if (upload.status !== 'open' || upload.expires_at <= now) {
    const state = upload.status === 'open' ? 'expired' : upload.status;
    throw new RotoError('conflict', `The upload is ${state}, so nothing more can be sent to it.`);
  }
}

function existingUpload(upload: UploadRow | undefined): UploadRow {
  if (upload !== undefined) return upload;
  throw new RotoError('not_found', 'There is no such upload.', { param: 'id' });
}

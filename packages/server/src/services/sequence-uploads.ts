import { createHash } from 'node:crypto';
import {
  RotoError,
  type SequenceFrame,
  type SequenceSource,
  type SequenceUploadParams,
  sequenceDigestHead,
  sequenceDigestLine,
} from '@roto/sdk/contract';
import { secondsAfter } from '../clock.ts';
import { json } from '../db/column-types.ts';
import { addFiles, removeFileByKey } from '../db/queries/files.ts';
import {
  addSequenceFrame,
  countSequenceFrames,
  findSequenceFrame,
  listSequenceFrames,
  type StoredSequenceFrame,
} from '../db/queries/sequence-frames.ts';
import { lockStorage } from '../db/queries/storage-sums.ts';
import {
  addUpload,
  endUpload,
  findUpload,
  openUploadsOf,
  type UploadRow,
  updateUpload,
} from '../db/queries/uploads.ts';
import type { UserRow } from '../db/queries/users.ts';
import { addVideo, findVideo, updateVideo, type VideoRow } from '../db/queries/videos.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Trx } from '../db/types.ts';
import { newId } from '../new-id.ts';
import { contentTypeOf, videoPrefix } from '../storage/keys.ts';
import { uploadRoom } from './storage-space.ts';
import { getUpload, requireOpen, type UploadDeps, uploadSeconds } from './uploads.ts';

/** Frames that one sequence may have. */
const mostFrames = 200_000;
/** Frames that are read from the database at a time. */
const framesAtOnce = 10_000;

/** An account's upload session. */
interface Owned {
  readonly user: UserRow;
  readonly id: string;
}

/**
 * Opens a session that takes the frames of a new sequence, or changes to one that is there: work on
 * it has to wait until the session is completed.
 * @throws RotoError `payload_too_large`, `quota_exceeded`, `not_found`, `conflict`
 */
export async function beginSequence(
  deps: UploadDeps,
  user: UserRow,
  params: SequenceUploadParams,
): Promise<UploadRow> {
  const id = newId('upload');
  await inTransaction(deps.db, async (trx) => {
    await lockStorage(trx, user.id);
    (await uploadRoom({ ...deps, db: trx }, user)).require(params.size_bytes ?? 1);
    const videoId =
      params.video_id === undefined
        ? await addSequence(trx, deps, user, params)
        : await reopenSequence(trx, deps, { userId: user.id, videoId: params.video_id, params });
    const now = deps.clock();
    await addUpload(trx, {
      id,
      user_id: user.id,
      video_id: videoId,
      protocol: 'sequence',
      size_bytes: params.size_bytes ?? null,
      metadata: json({ format: params.format }),
      created_at: now,
      updated_at: now,
      expires_at: secondsAfter(now, uploadSeconds),
    });
  });
  return getUpload(deps, user.id, id);
}

function sourceOf({ rate, missing_frames, input_colorspace }: SequenceUploadParams) {
  return {
    rate: rate ?? null,
    missingFrames: missing_frames,
    inputColorspace: input_colorspace,
  };
}

async function addSequence(
  trx: Trx,
  { clock }: Pick<UploadDeps, 'clock'>,
  user: UserRow,
  params: SequenceUploadParams,
): Promise<string> {
  const id = newId('video');
  const now = clock();
  await addVideo(trx, {
    id,
    user_id: user.id,
    title: params.title ?? 'Untitled sequence',
    kind: 'sequence',
    s3_key: `${videoPrefix(user.id, id)}frames/`,
    video_metadata: json({ source: sourceOf(params) }),
    created_at: now,
    updated_at: now,
  });
  return id;
}

interface Reopening {
  readonly userId: string;
  readonly videoId: string;
  readonly params: SequenceUploadParams;
}

async function reopenSequence(
  trx: Trx,
  { clock }: Pick<UploadDeps, 'clock'>,
  { userId, videoId, params }: Reopening,
): Promise<string> {
  const video = await findVideo(trx, videoId, userId);
  if (video === undefined) {
    throw new RotoError('not_found', 'There is no such video.', { param: 'video_id' });
  }
  if (video.kind !== 'sequence' || video.status === 'processing') {
    const is = video.kind === 'sequence' ? 'still processed' : 'a movie';
    throw new RotoError('conflict', `Frames can be changed of a sequence, and this is ${is}.`, {
      param: 'video_id',
    });
  }
  const [open] = await openUploadsOf(trx, videoId);
  if (open !== undefined) {
    throw new RotoError('conflict', `The upload ${open.id} to this video is not completed yet.`, {
      param: 'video_id',
      hint: 'Go on with that one, or abort it.',
    });
  }
  await updateVideo(trx, videoId, {
    status: 'uploading',
    error_code: null,
    error_message: null,
    ...(params.title === undefined ? {} : { title: params.title }),
    video_metadata: json(changing(video.video_metadata, sourceOf(params))),
    updated_at: clock(),
  });
  return videoId;
}

/** What a sequence was named by does not hold while its frames change. */
function changing(known: VideoRow['video_metadata'], source: SequenceSource) {
  const { sequenceSha256: _, ...kept } = known ?? {};
  return { ...kept, source };
}

/** One frame as it streams in. */
export interface IncomingFrame {
  readonly frame: number;
  /** Hex, as announced. */
  readonly sha256: string;
  /** Bytes that were announced; undefined where they were not. */
  readonly sizeBytes: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/**
 * Takes one frame, in any order and several at a time. One that is there with the same SHA-256 is
 * not read; one that is there with another is replaced when the new one is whole.
 * @throws RotoError `payload_too_large`, `quota_exceeded`, `transfer_corrupt`, `conflict`
 */
export async function putFrame(
  deps: UploadDeps,
  { user, id }: Owned,
  incoming: IncomingFrame,
): Promise<SequenceFrame> {
  const { db, storage, clock } = deps;
  const { frame, sha256, sizeBytes, body, signal } = incoming;
  const upload = await openSession(deps, user, id);
  const there = await findSequenceFrame(db, upload.video_id, frame);
  if (there?.sha256 === sha256) return toFrame(there);
  const room = await uploadRoom(deps, user, upload.id);
  room.require(sizeBytes ?? 1);
  const fileId = newId('file');
  const key = `${upload.s3_key}${frame < 0 ? 'n' : ''}${Math.abs(frame)}-${fileId}.${formatOf(upload)}`;
  const { size } = await storage
    .put(key, body, { maxBytes: room.maxBytes, sha256, signal })
    .catch((error: unknown) => {
      if (error instanceof RotoError && error.code === 'payload_too_large') {
        room.require(room.maxBytes + 1);
      }
      throw error;
    });
  try {
    const replaced = await inTransaction(db, async (trx) => {
      await lockStorage(trx, user.id);
      const now = clock();
      const open = await findUpload(trx, id);
      if (open === undefined) throw new RotoError('not_found', 'There is no such upload.');
      requireOpen(open, 'sequence', now);
      (await uploadRoom({ ...deps, db: trx }, user, id)).require(size);
      await requireFewer(trx, upload.video_id);
      const before = await findSequenceFrame(trx, upload.video_id, frame);
      if (before !== undefined) await removeFileByKey(trx, before.key);
      const file = {
        id: fileId,
        user_id: user.id,
        video_id: upload.video_id,
        key,
        category: 'videos' as const,
        size_bytes: size,
        sha256,
        content_type: contentTypeOf(key),
        created_at: now,
      };
      await addFiles(trx, [file]);
      await addSequenceFrame(trx, { video_id: upload.video_id, frame, file_id: fileId, sha256 });
      const received = open.received_bytes + size;
      await updateUpload(trx, id, {
        received_bytes: Math.min(received, open.size_bytes ?? received),
        updated_at: now,
        expires_at: secondsAfter(now, uploadSeconds),
      });
      return before?.key;
    });
    if (replaced !== undefined) await storage.delete([replaced]);
  } catch (error) {
    await storage.delete([key]);
    throw error;
  }
  return { frame, size_bytes: size, sha256 };
}

async function requireFewer(trx: Trx, videoId: string): Promise<void> {
  if ((await countSequenceFrames(trx, videoId)) < mostFrames) return;
  throw new RotoError('payload_too_large', `Expected at most ${mostFrames} frames in a sequence.`, {
    param: 'frame',
  });
}

/** Takes a frame out of a sequence; one that is not there is no failure. */
export async function removeFrame(
  deps: UploadDeps,
  { user, id }: Owned,
  frame: number,
): Promise<void> {
  const { db, storage } = deps;
  const upload = await openSession(deps, user, id);
  const removed = await inTransaction(db, async (trx) => {
    await lockStorage(trx, user.id);
    const there = await findSequenceFrame(trx, upload.video_id, frame);
    if (there !== undefined) await removeFileByKey(trx, there.key);
    return there?.key;
  });
  if (removed !== undefined) await storage.delete([removed]);
}

/** Frames that are there, by rising number. */
export async function listFrames(
  deps: UploadDeps,
  { user, id }: Owned,
  { limit, cursor }: { readonly limit: number; readonly cursor?: number | undefined },
): Promise<{ data: SequenceFrame[]; nextCursor: string | null }> {
  const upload = await getUpload(deps, user.id, id);
  const page = { after: cursor, limit: limit + 1 };
  const found = await listSequenceFrames(deps.db, upload.video_id, page);
  const data = found.slice(0, limit).map(toFrame);
  const last = data.at(-1);
  return { data, nextCursor: found.length > limit && last ? String(last.frame) : null };
}

/**
 * Ends a session: the sequence is looked at next. Completing one that was completed is no failure.
 * @throws RotoError `conflict` where there are fewer or more frames than were said
 */
export async function completeSequence(
  deps: UploadDeps,
  { user, id }: Owned,
  frames: number,
): Promise<UploadRow> {
  const upload = await getUpload(deps, user.id, id);
  if (upload.protocol === 'sequence' && upload.status === 'completed') return upload;
  requireOpen(upload, 'sequence', deps.clock());
  await inTransaction(deps.db, async (trx) => {
    await lockStorage(trx, user.id);
    const there = await countSequenceFrames(trx, upload.video_id);
    if (there !== frames) {
      throw new RotoError('conflict', `Expected ${frames} frames, and ${there} are there.`, {
        param: 'frames',
        hint: 'Ask which ones are there, and send or remove the others.',
      });
    }
    const now = deps.clock();
    if (!(await endUpload(trx, id, { status: 'completed', updated_at: now }))) return;
    await updateVideo(trx, upload.video_id, {
      status: 'processing',
      video_metadata: json(await named(trx, upload.video_id)),
      updated_at: now,
    });
    await deps.queue.enqueue(trx, 'process-video', { videoId: upload.video_id });
  });
  return getUpload(deps, user.id, id);
}

/** What is known of a sequence, with the SHA-256 that names its frames. */
async function named(trx: Trx, videoId: string) {
  const known = (await findVideo(trx, videoId))?.video_metadata ?? {};
  const { source } = known;
  if (source === undefined) return known;
  const hash = createHash('sha256').update(sequenceDigestHead(source));
  let after: number | undefined;
  do {
    const page = await listSequenceFrames(trx, videoId, { after, limit: framesAtOnce });
    for (const { frame, sha256 } of page) hash.update(sequenceDigestLine(frame, sha256));
    after = page.length < framesAtOnce ? undefined : page.at(-1)?.frame;
  } while (after !== undefined);
  return { ...known, sequenceSha256: hash.digest('hex') };
}

async function openSession(deps: UploadDeps, user: UserRow, id: string): Promise<UploadRow> {
  const upload = await getUpload(deps, user.id, id);
  requireOpen(upload, 'sequence', deps.clock());
  return upload;
}

function formatOf({ metadata }: UploadRow): string {
  const { format } = metadata;
  return typeof format === 'string' ? format : 'png';
}

function toFrame({ frame, size_bytes, sha256 }: StoredSequenceFrame): SequenceFrame {
  return { frame, size_bytes, sha256 };
}

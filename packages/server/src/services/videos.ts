import {
  RotoError,
  type UpdateVideoParams,
  type Video,
  VideoMetadata,
  type VideosQuery,
  type VideoUrls,
} from '@roto/sdk/contract';
import { type Clock, secondsAfter } from '../clock.ts';
import { json } from '../db/column-types.ts';
import { findOriginals, type Original, removeFilesOfVideo } from '../db/queries/files.ts';
import { openUploadsOf } from '../db/queries/uploads.ts';
import {
  deleteVideoRow,
  findVideo,
  listVideos,
  lockVideoForUpdate,
  updateVideo,
  type VideoRow,
} from '../db/queries/videos.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db } from '../db/types.ts';
import type { Queue } from '../jobs/queue.ts';
import { extensionOf, videoPrefix } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { type ListPage, listPage } from './list-page.ts';
import { abandonUpload } from './uploads.ts';
import { cancelTasksOf } from './video-tasks.ts';

/** Seconds that addresses of files are good for. */
export const urlSeconds = 60 * 60;

/** What the functions here stand on, each on a part of it. */
export interface VideoDeps {
  readonly db: Db;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly storage: Storage;
}

type ReadDeps = Pick<VideoDeps, 'db' | 'clock' | 'storage'>;

/** One page of an account's videos, newest first. */
export async function listVideoPage(
  deps: ReadDeps,
  userId: string,
  { status, sha256, ...page }: VideosQuery,
): Promise<ListPage<Video>> {
  const { db } = deps;
  const found = await listPage(
    page,
    (part) => listVideos(db, { userId, status, sha256 }, part),
    (row) => row,
  );
  const originals = await findOriginals(
    db,
    found.data.map(({ id }) => id),
  );
  const data: Video[] = [];
  for (const row of found.data) data.push(await toVideo(deps, row, originals.get(row.id)));
  return { data, nextCursor: found.nextCursor };
}

/** @throws RotoError `not_found` */
export async function getVideo(deps: ReadDeps, userId: string, id: string): Promise<Video> {
  const row = existing(await findVideo(deps.db, id, userId));
  return toVideo(deps, row, (await findOriginals(deps.db, [id])).get(id));
}

/** @throws RotoError `not_found` */
export async function changeVideo(
  deps: ReadDeps,
  { userId, id, changes }: { userId: string; id: string; changes: UpdateVideoParams },
): Promise<Video> {
  const { title, points, bbox } = changes;
  await inTransaction(deps.db, async (trx) => {
    existing(await lockVideoForUpdate(trx, id, userId));
    await updateVideo(trx, id, {
      ...(title === undefined ? {} : { title }),
      ...(points === undefined ? {} : { points: points === null ? null : json(points) }),
      ...(bbox === undefined ? {} : { bbox: bbox === null ? null : json(bbox) }),
      updated_at: deps.clock(),
    });
  });
  return getVideo(deps, userId, id);
}

/**
 * Deletes a video with its uploads, files and results; its tasks are cancelled first. The rows go at
 * once and together, the files by a job that goes on until they are gone.
 * @throws RotoError `not_found`
 */
export async function deleteVideo(deps: VideoDeps, userId: string, id: string): Promise<void> {
  const { db, queue } = deps;
  existing(await findVideo(db, id, userId));
  for (const upload of await openUploadsOf(db, id)) await abandonUpload(deps, upload, 'aborted');
  await inTransaction(db, async (trx) => {
    if ((await lockVideoForUpdate(trx, id, userId)) === undefined) return;
    await cancelTasksOf(trx, deps, id);
    await removeFilesOfVideo(trx, id);
    await deleteVideoRow(trx, id);
    await queue.enqueue(trx, 'delete-files', { prefix: videoPrefix(userId, id) });
  });
}

/**
 * Asks for the rendition that plays forwards and then backwards.
 * @throws RotoError `not_found`, `video_not_ready`
 */
export async function askForForwardReverse(
  { db, queue }: Pick<VideoDeps, 'db' | 'queue'>,
  userId: string,
  id: string,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const video = existing(await lockVideoForUpdate(trx, id, userId));
    if (video.status !== 'ready') {
      throw new RotoError('video_not_ready', `The video is not ready, it is ${video.status}.`, {
        hint: 'Ask for it again until its status is ready.',
      });
    }
    if (video.forward_reverse_key === null) {
      await queue.enqueue(trx, 'make-forward-reverse', { videoId: id });
    }
  });
}

/** New addresses of a video's files, good for an hour. */
export async function refreshUrls(deps: ReadDeps, userId: string, id: string): Promise<VideoUrls> {
  return urlsOf(deps, existing(await findVideo(deps.db, id, userId)));
}

function existing(video: VideoRow | undefined): VideoRow {
  if (video !== undefined) return video;
  throw new RotoError('not_found', 'There is no such video.', { param: 'id' });
}

async function toVideo(
  deps: ReadDeps,
  row: VideoRow,
  original: Original | undefined,
): Promise<Video> {
  const metadata = VideoMetadata.safeParse(row.video_metadata);
  return {
    id: row.id,
    title: row.title,
    kind: row.kind,
    status: row.status,
    error_code: row.error_code,
    error_message: row.error_message,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    size_bytes: original?.bytes ?? 0,
    sha256: original?.sha256 ?? row.video_metadata?.sequenceSha256 ?? null,
    ...(await urlsOf(deps, row)),
    points: row.points === null ? null : copyPoints(row.points),
    bbox: row.bbox,
    mask_data: row.mask_data,
    video_metadata: metadata.success ? metadata.data : null,
  };
}

function copyPoints({ positive, negative }: NonNullable<VideoRow['points']>) {
  const pairs = (list: typeof positive) => list.map(([x, y]): [number, number] => [x, y]);
  return { positive: pairs(positive), negative: pairs(negative) };
}

async function urlsOf({ storage, clock }: Omit<ReadDeps, 'db'>, row: VideoRow): Promise<VideoUrls> {
  const expiresAt = secondsAfter(clock(), urlSeconds);
  const stem = row.title.slice(0, row.title.length - extensionOf(row.title).length) || row.title;
  const url = (key: string | null | undefined, filename: string, inline: boolean) =>
    key === null || key === undefined
      ? Promise.resolve(null)
      : storage.url(key, { expiresAt, filename, inline });
  const named = (key: string, addition = '') => `${stem}${addition}${extensionOf(key)}`;
  const { browser, original } = row.video_keys ?? {};
  return {
    url: await url(browser, named(browser ?? ''), true),
    original_url: await url(original, named(original ?? ''), false),
    thumbnail_url: await url(row.thumbnail_key, named(row.thumbnail_key ?? ''), true),
    forward_reverse_url: await url(
      row.forward_reverse_key,
      named(row.forward_reverse_key ?? '', ' forward reverse'),
      true,
    ),
    urls_expire_at: expiresAt.toISOString(),
  };
}

import type { Selectable } from 'kysely';
import { json } from '../column-types.ts';
import type { StoredBox, StoredPoints, VideosTable } from '../tables/clips.ts';
import type { Db, Trx } from '../types.ts';

/** A video as the database has it. */
export type VideoRow = Selectable<VideosTable>;

/** An account's video, which nobody deletes until this transaction ends. */
export function lockVideo(trx: Trx, id: string, userId: string): Promise<VideoRow | undefined> {
  return trx
    .selectFrom('videos')
    .selectAll()
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .forKeyShare()
    .executeTakeFirst();
}

/** A video; of one account alone where that is given. */
export function findVideoRow(db: Db, id: string, userId?: string): Promise<VideoRow | undefined> {
  let query = db.selectFrom('videos').selectAll().where('id', '=', id);
  if (userId !== undefined) query = query.where('user_id', '=', userId);
  return query.executeTakeFirst();
}

/** What a preview leaves on its video. */
export interface KeptPrompts {
  readonly points: StoredPoints | null;
  readonly bbox: StoredBox | null;
  readonly maskData: unknown;
}

/** Leaves prompts and mask of a preview on its video. */
export async function keepPrompts(
  db: Db,
  id: string,
  { points, bbox, maskData, now }: KeptPrompts & { readonly now: Date },
): Promise<void> {
  await db
    .updateTable('videos')
    .set({
      points: points === null ? null : json(points),
      bbox: bbox === null ? null : json(bbox),
      mask_data: json(maskData),
      updated_at: now,
    })
    .where('id', '=', id)
    .execute();
}

/** A frame of a sequence with the key of its file. */
export interface StoredFrame {
  readonly frame: number;
  readonly key: string;
}

/** The frames of a sequence, in order. */
export function listFrameKeys(db: Db, videoId: string): Promise<StoredFrame[]> {
  return db
    .selectFrom('sequence_frames')
    .innerJoin('files', 'files.id', 'sequence_frames.file_id')
    .select(['sequence_frames.frame', 'files.key'])
    .where('sequence_frames.video_id', '=', videoId)
    .orderBy('sequence_frames.frame')
    .execute();
}

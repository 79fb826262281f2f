import type { Insertable, Selectable, Updateable } from 'kysely';
import { sql } from 'kysely';
import type { UploadsTable } from '../tables/clips.ts';
import type { Db, Trx } from '../types.ts';

/** An upload as the database has it, with where its video lies. */
export type UploadRow = Selectable<UploadsTable> & { readonly s3_key: string };

export async function addUpload(trx: Trx, upload: Insertable<UploadsTable>): Promise<void> {
  await trx.insertInto('uploads').values(upload).execute();
}

/** An upload; of one account alone where that is given. */
export function findUpload(
  db: Db | Trx,
  id: string,
  userId?: string,
): Promise<UploadRow | undefined> {
  return db
    .selectFrom('uploads')
    .innerJoin('videos', 'videos.id', 'uploads.video_id')
    .selectAll('uploads')
    .select('videos.s3_key')
    .where('uploads.id', '=', id)
    .$if(userId !== undefined, (query) => query.where('uploads.user_id', '=', userId ?? ''))
    .executeTakeFirst();
}

/** The upload that an account began with an idempotency key, in the last day. */
export function findUploadByKey(
  db: Db,
  { userId, key, since }: { readonly userId: string; readonly key: string; readonly since: Date },
): Promise<UploadRow | undefined> {
  return db
    .selectFrom('uploads')
    .innerJoin('videos', 'videos.id', 'uploads.video_id')
    .selectAll('uploads')
    .select('videos.s3_key')
    .where('uploads.user_id', '=', userId)
    .where(sql<boolean>`uploads.metadata ->> 'idempotencyKey' = ${key}`)
    .where('uploads.created_at', '>', since)
    .executeTakeFirst();
}

export async function updateUpload(
  db: Db | Trx,
  id: string,
  changes: Updateable<UploadsTable>,
): Promise<void> {
  await db.updateTable('uploads').set(changes).where('id', '=', id).execute();
}

/** Ends an open upload; false where it is not open any more. */
export async function endUpload(
  trx: Trx,
  id: string,
  changes: Updateable<UploadsTable> & { readonly status: 'completed' | 'aborted' | 'expired' },
): Promise<boolean> {
  const ended = await trx
    .updateTable('uploads')
    .set(changes)
    .where('id', '=', id)
    .where('status', '=', 'open')
    .returning('id')
    .executeTakeFirst();
  return ended !== undefined;
}

/** Open uploads that nobody went on with, the oldest first. */
export function listExpiredUploads(db: Db, now: Date, limit: number): Promise<UploadRow[]> {
  return db
    .selectFrom('uploads')
    .innerJoin('videos', 'videos.id', 'uploads.video_id')
    .selectAll('uploads')
    .select('videos.s3_key')
    .where('uploads.status', '=', 'open')
    .where('uploads.expires_at', '<=', now)
    .orderBy('uploads.expires_at')
    .limit(limit)
    .execute();
}

/** Open uploads to a video. */
export function openUploadsOf(db: Db | Trx, videoId: string): Promise<UploadRow[]> {
  return db
    .selectFrom('uploads')
    .innerJoin('videos', 'videos.id', 'uploads.video_id')
    .selectAll('uploads')
    .select('videos.s3_key')
    .where('uploads.video_id', '=', videoId)
    .where('uploads.status', '=', 'open')
    .execute();
}

/** The SHA-256 that the client announced of what was last uploaded to a video. */
export async function announcedHash(db: Db, videoId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('uploads')
    .select('sha256')
    .where('video_id', '=', videoId)
    .where('status', '=', 'completed')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.sha256 ?? undefined;
}

import type { VideoStatus } from '@roto/sdk/contract';
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import { isBehind, type ListPart } from '../list-place.ts';
import type { VideosTable } from '../tables/clips.ts';
import type { Db, Trx } from '../types.ts';

/** A video as the database has it. */
export type VideoRow = Selectable<VideosTable>;

export async function addVideo(trx: Trx, video: Insertable<VideosTable>): Promise<void> {
  await trx.insertInto('videos').values(video).execute();
}

/** A video; of one account alone where that is given. */
export function findVideo(
  db: Db | Trx,
  id: string,
  userId?: string,
): Promise<VideoRow | undefined> {
  return db
    .selectFrom('videos')
    .selectAll()
    .where('id', '=', id)
    .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? ''))
    .executeTakeFirst();
}

/** The same, which nobody else changes until this transaction ends. */
export function lockVideoForUpdate(
  trx: Trx,
  id: string,
  userId?: string,
): Promise<VideoRow | undefined> {
  return trx
    .selectFrom('videos')
    .selectAll()
    .where('id', '=', id)
    .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? ''))
    .forUpdate()
    .executeTakeFirst();
}

/** Which videos a list has. */
export interface VideoFilter {
  readonly userId: string;
  readonly status?: VideoStatus | undefined;
  readonly sha256?: string | undefined;
}

export function listVideos(
  db: Db,
  { userId, status, sha256 }: VideoFilter,
  { limit, after }: ListPart,
): Promise<VideoRow[]> {
  let query = db.selectFrom('videos').selectAll().where('user_id', '=', userId);
  if (status !== undefined) query = query.where('status', '=', status);
  if (sha256 !== undefined) {
    query = query.where(({ exists, or, selectFrom }) =>
      or([
        exists(
          selectFrom('files')
            .select('files.id')
            .whereRef('files.key', '=', 'videos.s3_key')
            .where('files.sha256', '=', sha256),
        ),
        sql<boolean>`videos.video_metadata->>'sequenceSha256' = ${sha256}`,
      ]),
    );
  }
  if (after !== undefined) query = query.where(isBehind('videos', after));
  return query.orderBy('created_at', 'desc').orderBy('id').limit(limit).execute();
}

export async function updateVideo(
  db: Db | Trx,
  id: string,
  changes: Updateable<VideosTable>,
): Promise<void> {
  await db.updateTable('videos').set(changes).where('id', '=', id).execute();
}

export async function deleteVideoRow(trx: Trx, id: string): Promise<void> {
  await trx.deleteFrom('videos').where('id', '=', id).execute();
}

/** Tasks of a video that are not over. */
export async function findOpenTasksOf(trx: Trx, videoId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('tasks')
    .select('id')
    .where('video_id', '=', videoId)
    .where('status', 'in', ['pending', 'processing'])
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}

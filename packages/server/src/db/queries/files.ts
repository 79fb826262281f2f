import { type Insertable, type Selectable, sql } from 'kysely';
import type { FilesTable } from '../tables/clips.ts';
import type { Db, Trx } from '../types.ts';

/** A file as the database has it. */
export type FileRow = Selectable<FilesTable>;

/** Adds files; what their account stores grows by them in the same transaction. */
export async function addFiles(trx: Trx, files: readonly Insertable<FilesTable>[]): Promise<void> {
  if (files.length > 0)
    await trx
      .insertInto('files')
      .values([...files])
      .execute();
}

export function findFileByKey(db: Db | Trx, key: string): Promise<FileRow | undefined> {
  return db.selectFrom('files').selectAll().where('key', '=', key).executeTakeFirst();
}

/** Which of some keys belong to a file. */
export async function knownKeys(db: Db, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db.selectFrom('files').select('key').where('key', 'in', keys).execute();
  return new Set(rows.map(({ key }) => key));
}

/** What was uploaded of videos: bytes, and the SHA-256 where it is one file. */
export interface Original {
  readonly bytes: number;
  readonly sha256: string | null;
}

export async function findOriginals(
  db: Db | Trx,
  videoIds: readonly string[],
): Promise<Map<string, Original>> {
  if (videoIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('files')
    .innerJoin('videos', 'videos.id', 'files.video_id')
    .where('files.video_id', 'in', videoIds)
    .where('files.category', '=', 'videos')
    .groupBy('videos.id')
    .select(({ fn }) => [
      'videos.id',
      fn.sum<string | number>('files.size_bytes').as('bytes'),
      sql<string | null>`min(files.sha256) filter (where videos.kind = 'movie')`.as('sha256'),
    ])
    .execute();
  return new Map(rows.map(({ id, bytes, sha256 }) => [id, { bytes: Number(bytes), sha256 }]));
}

/** Removes the file of a key; what its account stores shrinks in the same transaction. */
export async function removeFileByKey(trx: Trx, key: string): Promise<void> {
  await trx.deleteFrom('files').where('key', '=', key).execute();
}

/** Removes all files of a video, of its tasks too. */
export async function removeFilesOfVideo(trx: Trx, videoId: string): Promise<void> {
  await trx.deleteFrom('files').where('video_id', '=', videoId).execute();
}

export async function setFileHash(trx: Trx, key: string, sha256: string): Promise<void> {
  await trx.updateTable('files').set({ sha256 }).where('key', '=', key).execute();
}

/** Files in the order of their keys, from behind one on. */
export function listFilesByKey(
  db: Db,
  after: string,
  limit: number,
): Promise<Pick<FileRow, 'id' | 'key' | 'size_bytes' | 'user_id'>[]> {
  return db
    .selectFrom('files')
    .select(['id', 'key', 'size_bytes', 'user_id'])
    .where('key', '>', after)
    .orderBy('key')
    .limit(limit)
    .execute();
}

/** Removes the files of a video whose keys have a prefix, and gives those keys. */
export async function removeFilesBelow(
  trx: Trx,
  videoId: string,
  prefix: string,
): Promise<string[]> {
  const rows = await trx
    .deleteFrom('files')
    .where('video_id', '=', videoId)
    .where((where) => where.fn('starts_with', ['key', where.val(prefix)]))
    .returning('key')
    .execute();
  return rows.map(({ key }) => key);
}

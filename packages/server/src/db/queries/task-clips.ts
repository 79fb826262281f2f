import type { Selectable } from 'kysely';
import type { VideosTable } from '../tables/clips.ts';
import type { Db } from '../types.ts';

/** What a list of tasks shows of a video. */
export type TaskClip = Pick<Selectable<VideosTable>, 'id' | 'title' | 'thumbnail_key'>;

/** Videos of an account, by their ids. */
export async function findTaskClips(
  db: Db,
  userId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, TaskClip>> {
  if (ids.length === 0) return new Map();
  const clips = await db
    .selectFrom('videos')
    .select(['id', 'title', 'thumbnail_key'])
    .where('user_id', '=', userId)
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(clips.map((clip) => [clip.id, clip]));
}

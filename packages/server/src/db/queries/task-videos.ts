import { json } from '../column-types.ts';
import type { StoredBox, StoredPoints } from '../tables/clips.ts';
import type { Db, Trx } from '../types.ts';
import type { VideoRow } from './videos.ts';

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

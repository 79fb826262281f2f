import type { Selectable } from 'kysely';
import type { SequenceFramesTable } from '../tables/clips.ts';
import type { Db, Trx } from '../types.ts';

/** A frame with its file. */
export interface StoredSequenceFrame
  extends Pick<Selectable<SequenceFramesTable>, 'frame' | 'sha256'> {
  readonly key: string;
  readonly size_bytes: number;
}

/** Frames of a sequence by rising number, from behind one on. */
export function listSequenceFrames(
  db: Db | Trx,
  videoId: string,
  { after, limit }: { readonly after?: number | undefined; readonly limit: number },
): Promise<StoredSequenceFrame[]> {
  return db
    .selectFrom('sequence_frames')
    .innerJoin('files', 'files.id', 'sequence_frames.file_id')
    .select(['sequence_frames.frame', 'sequence_frames.sha256', 'files.key', 'files.size_bytes'])
    .where('sequence_frames.video_id', '=', videoId)
    .$if(after !== undefined, (query) => query.where('sequence_frames.frame', '>', after ?? 0))
    .orderBy('sequence_frames.frame')
    .limit(limit)
    .execute();
}

export function findSequenceFrame(
  db: Db | Trx,
  videoId: string,
  frame: number,
): Promise<StoredSequenceFrame | undefined> {
  return db
    .selectFrom('sequence_frames')
    .innerJoin('files', 'files.id', 'sequence_frames.file_id')
    .select(['sequence_frames.frame', 'sequence_frames.sha256', 'files.key', 'files.size_bytes'])
    .where('sequence_frames.video_id', '=', videoId)
    .where('sequence_frames.frame', '=', frame)
    .executeTakeFirst();
}

export async function addSequenceFrame(
  trx: Trx,
  frame: Selectable<SequenceFramesTable>,
): Promise<void> {
  await trx.insertInto('sequence_frames').values(frame).execute();
}

export async function countSequenceFrames(db: Db | Trx, videoId: string): Promise<number> {
  const row = await db
    .selectFrom('sequence_frames')
    .where('video_id', '=', videoId)
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

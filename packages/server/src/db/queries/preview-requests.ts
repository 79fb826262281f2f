import { type Selectable, sql } from 'kysely';
import { json } from '../column-types.ts';
import type { PreviewRequestsTable } from '../tables/tasks.ts';
import type { Db } from '../types.ts';

/** Channels on which the database carries previews: to a worker by its id, and back by the request's. */
export const previewChannel = 'roto_preview';
export const previewAnswerChannel = 'roto_preview_answer';

export type PreviewRow = Selectable<PreviewRequestsTable>;

/** Adds a request and tells its worker. */
export async function addPreviewRequest(
  db: Db,
  request: {
    readonly id: string;
    readonly video_id: string;
    readonly worker_id: string;
    readonly params: Record<string, unknown>;
    readonly now: Date;
  },
): Promise<void> {
  const { now, params, ...row } = request;
  await db
    .insertInto('preview_requests')
    .values({ ...row, params: json(params), created_at: now, updated_at: now })
    .execute();
  await sql`select pg_notify(${previewChannel}, ${row.worker_id})`.execute(db);
}

/** Takes the oldest request that waits for a worker. */
export function takePreviewRequest(
  db: Db,
  workerId: string,
  now: Date,
): Promise<PreviewRow | undefined> {
  return db
    .updateTable('preview_requests')
    .set({ status: 'running', updated_at: now })
    .where('id', '=', (where) =>
      where
        .selectFrom('preview_requests')
        .select('id')
        .where('worker_id', '=', workerId)
        .where('status', '=', 'waiting')
        .orderBy('created_at')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst();
}

/** Answers a request that is waited for, and tells so. */
export async function answerPreviewRequest(
  db: Db,
  id: string,
  answer: {
    readonly status: 'answered' | 'failed';
    readonly value: Record<string, unknown>;
    readonly now: Date;
  },
): Promise<void> {
  await db
    .updateTable('preview_requests')
    .set({ status: answer.status, answer: json(answer.value), updated_at: answer.now })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .execute();
  await sql`select pg_notify(${previewAnswerChannel}, ${id})`.execute(db);
}

export function findPreviewRequest(db: Db, id: string): Promise<PreviewRow | undefined> {
  return db.selectFrom('preview_requests').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Takes a request back that no worker took; says whether that was so. */
export async function abandonPreviewRequest(db: Db, id: string, now: Date): Promise<boolean> {
  const row = await db
    .updateTable('preview_requests')
    .set({ status: 'abandoned', updated_at: now })
    .where('id', '=', id)
    .where('status', '=', 'waiting')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** The worker that looked at a video last, since a time. */
export async function findPreviewHome(
  db: Db,
  videoId: string,
  since: Date,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('preview_requests')
    .select('worker_id')
    .where('video_id', '=', videoId)
    .where('created_at', '>', since)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.worker_id;
}

/** How many requests each worker has before it. */
export async function countPreviewRequests(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('preview_requests')
    .select(['worker_id', (count) => count.fn.countAll<number>().as('requests')])
    .where('status', 'in', ['waiting', 'running'])
    .groupBy('worker_id')
    .execute();
  return new Map(rows.map(({ worker_id, requests }) => [worker_id, Number(requests)]));
}

/** Forgets requests from before a time. */
export async function removePreviewRequests(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('preview_requests').where('created_at', '<', before).execute();
}

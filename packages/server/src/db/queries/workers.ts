import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { WorkersTable } from '../tables/tasks.ts';
import type { Db, Trx } from '../types.ts';

/** A worker as it reports itself. */
export type WorkerRow = Selectable<WorkersTable>;

/** Milliseconds without a sign of life after which a worker counts as gone. */
export const goneAfterMs = 45_000;

/** Channel on which the database tells that a task waits. */
export const queueChannel = 'roto_queue';

/** Workers that live, the longest there first. */
export function listWorkers(db: Db | Trx, now: Date): Promise<WorkerRow[]> {
  return db
    .selectFrom('workers')
    .selectAll()
    .where('heartbeat_at', '>', new Date(now.getTime() - goneAfterMs))
    .orderBy('started_at')
    .orderBy('id')
    .execute();
}

export async function addWorker(db: Db, row: Insertable<WorkersTable>): Promise<void> {
  await db.insertInto('workers').values(row).execute();
}

export async function updateWorker(
  db: Db,
  id: string,
  changes: Updateable<WorkersTable>,
): Promise<void> {
  await db.updateTable('workers').set(changes).where('id', '=', id).execute();
}

/** Forgets a worker that has stopped. */
export async function removeWorker(db: Db, id: string): Promise<void> {
  await db.deleteFrom('workers').where('id', '=', id).execute();
}

/** Forgets workers that ended without a word, a day later. */
export async function removeGoneWorkers(db: Db, now: Date): Promise<void> {
  const dayAgo = new Date(now.getTime() - 24 * 60 * 60_000);
  await db.deleteFrom('workers').where('heartbeat_at', '<', dayAgo).execute();
}

/** Tells workers that a task waits, once the transaction commits. */
export async function tellQueued(trx: Trx): Promise<void> {
  await sql`select pg_notify(${queueChannel}, '')`.execute(trx);
}

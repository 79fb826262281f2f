import { type Selectable, sql } from 'kysely';
import type { StorageSumsTable } from '../tables/clips.ts';
import type { Db, Trx } from '../types.ts';

export function findStorageSums(
  db: Db | Trx,
  userId: string,
): Promise<Selectable<StorageSumsTable>[]> {
  return db.selectFrom('storage_sums').selectAll().where('user_id', '=', userId).execute();
}

/** Bytes that an account stores. */
export async function findStoredBytes(db: Db | Trx, userId: string): Promise<number> {
  const sums = await findStorageSums(db, userId);
  return sums.reduce((total, { bytes }) => total + bytes, 0);
}

/**
 * Bytes that open uploads of an account will take: what they announced, or else brought. Frames of a
 * sequence are files as soon as they are there, and are not counted twice.
 */
export async function findReservedBytes(
  db: Db | Trx,
  userId: string,
  { now, except }: { readonly now: Date; readonly except?: string | undefined },
): Promise<number> {
  const row = await db
    .selectFrom('uploads')
    .where('user_id', '=', userId)
    .where('status', '=', 'open')
    .where('expires_at', '>', now)
    .$if(except !== undefined, (query) => query.where('id', '<>', except ?? ''))
    .select(
      sql<number | string>`coalesce(sum(case when protocol = 'sequence'
        then greatest(size_bytes - received_bytes, 0)
        else coalesce(size_bytes, received_bytes) end), 0)`.as('bytes'),
    )
    .executeTakeFirst();
  return Number(row?.bytes ?? 0);
}

/** Waits for others that change what the account stores, and lets others wait. */
export async function lockStorage(trx: Trx, userId: string): Promise<void> {
  await trx.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute();
}

/** An account whose kept sums are not those of its files. */
export interface StorageDrift {
  readonly user_id: string;
  readonly category: string;
  readonly bytes: number;
  readonly kept_bytes: number;
}

export async function findStorageDrift(db: Db | Trx): Promise<StorageDrift[]> {
  const { rows } = await sql<StorageDrift>`
    with real as (select user_id, category, sum(size_bytes)::bigint as bytes, count(*) as files
      from files group by 1, 2)
    select coalesce(r.user_id, s.user_id) as user_id, coalesce(r.category, s.category) as category,
      coalesce(r.bytes, 0) as bytes, coalesce(s.bytes, 0) as kept_bytes
    from real r full join storage_sums s on s.user_id = r.user_id and s.category = r.category
    where coalesce(r.bytes, 0) <> coalesce(s.bytes, 0) or coalesce(r.files, 0) <> coalesce(s.files, 0)
    order by 1, 2`.execute(db);
  return rows;
}

/** Makes the sums of an account from its files anew. Stands in a transaction that has its lock. */
export async function rebuildStorageSums(trx: Trx, userId: string): Promise<void> {
  await trx.deleteFrom('storage_sums').where('user_id', '=', userId).execute();
  await sql`insert into storage_sums (user_id, category, bytes, files)
    select user_id, category, sum(size_bytes), count(*) from files where user_id = ${userId}
    group by 1, 2`.execute(trx);
  await sql`select write_storage_used(${userId})`.execute(trx);
}

import type { Insertable, Selectable } from 'kysely';
import { isBehind, type ListPart } from '../list-place.ts';
import type { ApiKeysTable } from '../tables/accounts.ts';
import type { Db, Trx } from '../types.ts';

export type ApiKeyRow = Selectable<ApiKeysTable>;

/** Milliseconds that `last_used_at` may be behind: a write for every request would be too much. */
const usedWithinMs = 60_000;

/** The key of a hash, unless it was revoked or is too old. */
export function findApiKey(db: Db, hash: string, now: Date): Promise<ApiKeyRow | undefined> {
  return db
    .selectFrom('api_keys')
    .selectAll()
    .where('key_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .executeTakeFirst();
}

/** Notes that a key was used, to the minute. */
export async function touchApiKey(db: Db, key: ApiKeyRow, now: Date): Promise<void> {
  const last = key.last_used_at?.getTime() ?? 0;
  if (now.getTime() - last < usedWithinMs) return;
  await db.updateTable('api_keys').set({ last_used_at: now }).where('id', '=', key.id).execute();
}

export function addApiKey(trx: Trx, key: Insertable<ApiKeysTable>): Promise<ApiKeyRow> {
  return trx.insertInto('api_keys').values(key).returningAll().executeTakeFirstOrThrow();
}

/** How many keys of an account still count. */
export async function countApiKeys(trx: Trx, userId: string, now: Date): Promise<number> {
  const { count } = await trx
    .selectFrom('api_keys')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .executeTakeFirstOrThrow();
  return count;
}

/** Keys of an account, newest first, those that were revoked too. */
export function listApiKeys(
  db: Db,
  userId: string,
  { limit, after }: ListPart,
): Promise<ApiKeyRow[]> {
  let query = db
    .selectFrom('api_keys')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit);
  if (after !== undefined) query = query.where(isBehind('api_keys', after));
  return query.execute();
}

/** Revokes a key of an account; says whether the account has such a key. */
export async function revokeApiKey(
  db: Db,
  { userId, id, now }: { readonly userId: string; readonly id: string; readonly now: Date },
): Promise<boolean> {
  const revoked = await db
    .updateTable('api_keys')
    .set(({ fn, val, ref }) => ({ revoked_at: fn.coalesce(ref('revoked_at'), val(now)) }))
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return revoked !== undefined;
}

/** Revokes every key of an account. */
export async function revokeApiKeysOf(trx: Trx, userId: string, now: Date): Promise<void> {
  await trx
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute();
}

import type { Selectable } from 'kysely';
import type { ApiKeysTable } from '../tables/accounts.ts';
import type { Db } from '../types.ts';

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

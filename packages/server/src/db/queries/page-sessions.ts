import type { Db } from '../types.ts';
import type { UserRow } from './users.ts';

/** The account whose login a refresh token stands for, as long as it could be used. */
export function findUserOfRefreshToken(
  db: Db,
  hash: string,
  now: Date,
): Promise<UserRow | undefined> {
  return db
    .selectFrom('users')
    .innerJoin('refresh_tokens', 'refresh_tokens.user_id', 'users.id')
    .selectAll('users')
    .where('refresh_tokens.token_hash', '=', hash)
    .where('refresh_tokens.used_at', 'is', null)
    .where('refresh_tokens.revoked_at', 'is', null)
    .where('refresh_tokens.expires_at', '>', now)
    .where('users.deleted_at', 'is', null)
    .executeTakeFirst();
}

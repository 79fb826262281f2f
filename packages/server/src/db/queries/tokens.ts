import type { Selectable } from 'kysely';
import type { OneTimeTokensTable, RefreshTokensTable } from '../tables/accounts.ts';
import type { Db, Trx } from '../types.ts';

/** A new token of a link, as it is kept. */
export type NewOneTimeToken = Omit<Selectable<OneTimeTokensTable>, 'used_at'>;

export async function addOneTimeToken(trx: Trx, token: NewOneTimeToken): Promise<void> {
  await trx.insertInto('one_time_tokens').values(token).execute();
}

/** Uses a token up and gives the account it was for; undefined where it is none, or not any more. */
export async function spendOneTimeToken(
  trx: Trx,
  { purpose, token_hash, now }: Pick<NewOneTimeToken, 'purpose' | 'token_hash'> & { now: Date },
): Promise<string | undefined> {
  const used = await trx
    .updateTable('one_time_tokens')
    .set({ used_at: now })
    .where('token_hash', '=', token_hash)
    .where('purpose', '=', purpose)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('user_id')
    .executeTakeFirst();
  return used?.user_id;
}

/** Uses up every token that was mailed to an account. */
export async function voidOneTimeTokens(trx: Trx, userId: string, now: Date): Promise<void> {
  await trx
    .updateTable('one_time_tokens')
    .set({ used_at: now })
    .where('user_id', '=', userId)
    .where('used_at', 'is', null)
    .execute();
}

/** A new refresh token, as it is kept. */
export type NewRefreshToken = Omit<Selectable<RefreshTokensTable>, 'used_at' | 'revoked_at'>;

export async function addRefreshToken(trx: Trx, token: NewRefreshToken): Promise<void> {
  await trx.insertInto('refresh_tokens').values(token).execute();
}

/** A refresh token, which no other transaction uses until this one ends. */
export function lockRefreshToken(
  trx: Trx,
  hash: string,
): Promise<Selectable<RefreshTokensTable> | undefined> {
  return trx
    .selectFrom('refresh_tokens')
    .selectAll()
    .where('token_hash', '=', hash)
    .forUpdate()
    .executeTakeFirst();
}

export async function markRefreshTokenUsed(trx: Trx, id: string, now: Date): Promise<void> {
  await trx.updateTable('refresh_tokens').set({ used_at: now }).where('id', '=', id).execute();
}

/** Ends a login: every refresh token that came of it, and the access tokens with them. */
export async function revokeFamily(db: Db | Trx, familyId: string, now: Date): Promise<void> {
  await db
    .updateTable('refresh_tokens')
    .set({ revoked_at: now })
    .where('family_id', '=', familyId)
    .where('revoked_at', 'is', null)
    .execute();
}

/** Ends every login of an account. */
export async function revokeLogins(trx: Trx, userId: string, now: Date): Promise<void> {
  await trx
    .updateTable('refresh_tokens')
    .set({ revoked_at: now })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute();
  await trx
    .updateTable('users')
    .set((set) => ({ token_generation: set('token_generation', '+', 1) }))
    .where('id', '=', userId)
    .execute();
}

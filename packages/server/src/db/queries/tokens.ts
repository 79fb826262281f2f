import type { Trx } from '../types.ts';

/** A new token of a link, as it is kept. */
export interface NewOneTimeToken {
  readonly id: string;
  readonly user_id: string;
  readonly purpose: 'confirm_email' | 'reset_password';
  readonly token_hash: string;
  readonly created_at: Date;
  readonly expires_at: Date;
}

export async function addOneTimeToken(trx: Trx, token: NewOneTimeToken): Promise<void> {
  await trx.insertInto('one_time_tokens').values(token).execute();
}

/** Uses a token up and gives the account it was for; undefined where it is none, or not any more. */
export async function useOneTimeToken(
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

/** A new refresh token, as it is kept. */
export interface NewRefreshToken {
  readonly id: string;
  readonly user_id: string;
  readonly family_id: string;
  readonly token_hash: string;
  readonly created_at: Date;
  readonly expires_at: Date;
}

export async function addRefreshToken(trx: Trx, token: NewRefreshToken): Promise<void> {
  await trx.insertInto('refresh_tokens').values(token).execute();
}

import {
  type LoginParams,
  type RegisterParams,
  RotoError,
  type TokenPair,
} from '@roto/sdk/contract';
import { type Clock, secondsAfter } from '../clock.ts';
import { addRefreshToken, useOneTimeToken } from '../db/queries/tokens.ts';
import { addUser, confirmUser, findUserByEmail } from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import type { Queue } from '../jobs/queue.ts';
import { newId } from '../new-id.ts';
import { type AccessTokens, accessTokenSeconds } from './access-tokens.ts';
import { askForMail } from './mails.ts';
import { hashPassword, isPassword } from './passwords.ts';
import { newToken, tokenHash } from './token-hash.ts';

/** Seconds that a refresh token is good for. */
const refreshTokenSeconds = 30 * 24 * 60 * 60;

/** What the functions here stand on, each on a part of it. */
export interface AccountDeps {
  readonly db: Db;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly accessTokens: AccessTokens;
}

/**
 * Makes an account and asks for the mail that confirms it. Where the address has one already, its
 * owner is told by mail, and the caller nothing: the work and the answer are the same.
 */
export async function register(
  deps: Pick<AccountDeps, 'db' | 'queue' | 'clock'>,
  { email, password }: RegisterParams,
): Promise<void> {
  const hashed = await hashPassword(password);
  await inTransaction(deps.db, async (trx) => {
    const id = newId('user');
    const row = { id, email, hashed_password: hashed, created_at: deps.clock() };
    if (await addUser(trx, row)) {
      await askForMail(trx, deps, { userId: id, kind: 'confirm_email' });
      return;
    }
    const owner = await findUserByEmail(trx, email);
    if (owner === undefined) return;
    const kind = owner.is_confirmed ? 'account_exists' : 'confirm_email';
    await askForMail(trx, deps, { userId: owner.id, kind });
  });
}

/**
 * Signs in.
 * @throws RotoError `invalid_credentials`, whichever of the two is wrong
 */
export async function login(
  deps: Pick<AccountDeps, 'db' | 'clock' | 'accessTokens'>,
  { email, password }: LoginParams,
): Promise<TokenPair> {
  const user = await findUserByEmail(deps.db, email);
  const fits = await isPassword(user?.hashed_password ?? null, password);
  if (user === undefined || !fits) {
    throw new RotoError('invalid_credentials', 'The e-mail address or the password is wrong.');
  }
  return inTransaction(deps.db, (trx) => issueTokens(trx, deps, user.id));
}

async function issueTokens(
  trx: Trx,
  { clock, accessTokens }: Pick<AccountDeps, 'clock' | 'accessTokens'>,
  userId: string,
): Promise<TokenPair> {
  const refreshToken = newToken();
  const now = clock();
  const id = newId('refreshToken');
  await addRefreshToken(trx, {
    id,
    user_id: userId,
    family_id: id,
    token_hash: tokenHash(refreshToken),
    created_at: now,
    expires_at: secondsAfter(now, refreshTokenSeconds),
  });
  const accessToken = await accessTokens.issue(userId);
  return { accessToken, tokenType: 'Bearer', expiresIn: accessTokenSeconds, refreshToken };
}

/**
 * Confirms the address that a link was sent to.
 * @throws RotoError `invalid_token` where the link was used, is too old, or never was one
 */
export async function confirmEmail(
  { db, clock }: Pick<AccountDeps, 'db' | 'clock'>,
  token: string,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const userId = await useOneTimeToken(trx, {
      purpose: 'confirm_email',
      token_hash: tokenHash(token),
      now: clock(),
    });
    if (userId === undefined) {
      throw new RotoError('invalid_token', 'This link was used already, is too old, or is wrong.', {
        param: 'token',
        hint: 'Ask for another mail.',
      });
    }
    await confirmUser(trx, userId);
  });
}

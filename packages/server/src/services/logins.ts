import { type LoginParams, RotoError, type TokenPair } from '@roto/sdk/contract';
import { type Clock, secondsAfter } from '../clock.ts';
import {
  addRefreshToken,
  lockRefreshToken,
  markRefreshTokenUsed,
  revokeFamily,
} from '../db/queries/tokens.ts';
import { findUserByEmail, lockUser, type UserRow } from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import { newId } from '../new-id.ts';
import { type AccessTokens, accessTokenSeconds } from './access-tokens.ts';
import { isPassword } from './passwords.ts';
import { newToken, tokenHash } from './token-hash.ts';
import type { WrongPasswords } from './wrong-passwords.ts';

/** Seconds that a refresh token is good for. */
const refreshTokenSeconds = 30 * 24 * 60 * 60;

/** What the functions here stand on, each on a part of it. */
export interface LoginDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly accessTokens: AccessTokens;
  readonly wrongPasswords: WrongPasswords;
}

/**
 * Signs in.
 * @throws RotoError `invalid_credentials`, whichever of the two is wrong; `rate_limited` after many
 *   wrong passwords
 */
export async function login(deps: LoginDeps, { email, password }: LoginParams): Promise<TokenPair> {
  await deps.wrongPasswords.count(email);
  const known = await findUserByEmail(deps.db, email);
  const fits = await isPassword(known?.hashed_password ?? null, password);
  if (known === undefined || !fits) throw wrongCredentials();
  await deps.wrongPasswords.forgive(email);
  return inTransaction(deps.db, async (trx) => {
    const user = await lockUser(trx, known.id);
    // Another password may have been set since it was checked, which ended every login.
    if (user?.hashed_password !== known.hashed_password) throw wrongCredentials();
    return issueTokens(trx, deps, user, newId('refreshToken'));
  });
}

function wrongCredentials(): RotoError {
  return new RotoError('invalid_credentials', 'The e-mail address or the password is wrong.');
}

/**
 * Gives the next pair of tokens for a refresh token, which is used up by that. One that comes again
 * was stolen, or its thief was first: the whole login ends.
 * @throws RotoError `unauthenticated`
 */
export async function refresh(
  deps: Omit<LoginDeps, 'wrongPasswords'>,
  refreshToken: string,
): Promise<TokenPair> {
  const now = deps.clock();
  const pair = await inTransaction(deps.db, async (trx) => {
    const token = await lockRefreshToken(trx, tokenHash(refreshToken));
    if (token === undefined || token.revoked_at !== null || token.expires_at <= now) return;
    if (token.used_at !== null) return revokeFamily(trx, token.family_id, now);
    const user = await lockUser(trx, token.user_id);
    if (user === undefined) return;
    await markRefreshTokenUsed(trx, token.id, now);
    return issueTokens(trx, deps, user, token.family_id);
  });
  if (pair !== undefined) return pair;
  throw new RotoError('unauthenticated', 'This refresh token does not count any more.', {
    param: 'refreshToken',
    hint: 'Sign in again.',
  });
}

/** Ends the login that a refresh token came of. Nothing happens where there is none. */
export async function logout(
  { db, clock }: Pick<LoginDeps, 'db' | 'clock'>,
  refreshToken: string,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const token = await lockRefreshToken(trx, tokenHash(refreshToken));
    if (token !== undefined) await revokeFamily(trx, token.family_id, clock());
  });
}

async function issueTokens(
  trx: Trx,
  { clock, accessTokens }: Pick<LoginDeps, 'clock' | 'accessTokens'>,
  user: UserRow,
  familyId: string,
): Promise<TokenPair> {
  const refreshToken = newToken();
  const now = clock();
  await addRefreshToken(trx, {
    id: newId('refreshToken'),
    user_id: user.id,
    family_id: familyId,
    token_hash: tokenHash(refreshToken),
    created_at: now,
    expires_at: secondsAfter(now, refreshTokenSeconds),
  });
  const generation = user.token_generation;
  const accessToken = await accessTokens.issue({ userId: user.id, familyId, generation });
  return { accessToken, tokenType: 'Bearer', expiresIn: accessTokenSeconds, refreshToken };
}

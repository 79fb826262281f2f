import { type ConfirmResult, type RegisterParams, RotoError } from '@roto/sdk/contract';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { revokeApiKeysOf } from '../db/queries/api-keys.ts';
import { revokeLogins, spendOneTimeToken, voidOneTimeTokens } from '../db/queries/tokens.ts';
import {
  addUser,
  confirmUser,
  findUserByEmail,
  lockUser,
  lockUserByEmail,
  setPassword,
  type UserRow,
} from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import type { Queue } from '../jobs/queue.ts';
import { newId } from '../new-id.ts';
import { inEvenTime } from './even-time.ts';
import { askForMail } from './mails.ts';
import { grantMonthlyCredits } from './monthly-credits.ts';
import { hashPassword, isPassword } from './passwords.ts';
import { tokenHash } from './token-hash.ts';

/** What the functions here stand on, each on a part of it. */
export interface AccountDeps {
  readonly db: Db;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly config: Pick<Config, 'credits'>;
}

/**
 * Makes an account and asks for the mail that confirms it. Where the address has one already, its
 * owner is told by mail, and the caller nothing: the work and the answer are the same.
 */
export function register(deps: AccountDeps, params: RegisterParams): Promise<void> {
  return inEvenTime(() => registerNow(deps, params));
}

async function registerNow(deps: AccountDeps, { email, password }: RegisterParams): Promise<void> {
  const known = await findUserByEmail(deps.db, email);
  const hashed = await hashPassword(password);
  const isSame = await isPassword(known?.hashed_password ?? null, password);
  await inTransaction(deps.db, async (trx) => {
    const id = newId('user');
    const row = { id, email, hashed_password: hashed, created_at: deps.clock() };
    if (await addUser(trx, row)) {
      await askForMail(trx, deps, { userId: id, kind: 'confirm_email' });
      return;
    }
    const owner = await lockUserByEmail(trx, email);
    if (owner === undefined) return;
    const isUndisputed = isSame && owner.hashed_password === known?.hashed_password;
    if (!owner.is_confirmed && !isUndisputed) await dropClaims(trx, deps, owner);
    const kind = owner.is_confirmed ? 'account_exists' : 'confirm_email';
    await askForMail(trx, deps, { userId: owner.id, kind });
  });
}

/**
 * Two who do not know the same password want one address, and nobody has shown yet whose it is.
 * Neither password may count when the mail is answered: who opens its link chooses one then. Else
 * the first could wait, signed in, for the second to confirm the account.
 */
async function dropClaims(
  trx: Trx,
  { clock }: Pick<AccountDeps, 'clock'>,
  { id }: UserRow,
): Promise<void> {
  const now = clock();
  await setPassword(trx, id, null);
  await voidOneTimeTokens(trx, id, now);
  await revokeLogins(trx, id, now);
  await revokeApiKeysOf(trx, id, now);
}

/**
 * Confirms the address that a link was sent to.
 * @throws RotoError `invalid_token` where the link was used, is too old, or never was one
 */
export async function confirmEmail(
  deps: AccountDeps,
  token: string,
): Promise<ConfirmResult['status']> {
  return inTransaction(deps.db, async (trx) => {
    const user = await userOfLink(trx, deps, { purpose: 'confirm_email', token });
    await confirmUser(trx, user.id);
    await grantMonthlyCredits(trx, deps, user);
    if (user.hashed_password !== null) return 'confirmed';
    await askForMail(trx, deps, { userId: user.id, kind: 'reset_password' });
    return 'password_needed';
  });
}

/** Asks for another mail that confirms an address; the caller does not learn whether one is sent. */
export function resendConfirmation(deps: AccountDeps, email: string): Promise<void> {
  const ask = async (trx: Trx) => {
    const user = await findUserByEmail(trx, email);
    const userId = user === undefined || user.is_confirmed ? null : user.id;
    await askForMail(trx, deps, { userId, kind: 'confirm_email' });
  };
  return inEvenTime(() => inTransaction(deps.db, ask));
}

/** Asks for a mail that resets a password; the caller does not learn whether one is sent. */
export function requestPasswordReset(deps: AccountDeps, email: string): Promise<void> {
  const ask = async (trx: Trx) => {
    const user = await findUserByEmail(trx, email);
    await askForMail(trx, deps, { userId: user?.id ?? null, kind: 'reset_password' });
  };
  return inEvenTime(() => inTransaction(deps.db, ask));
}

/**
 * Sets a new password with the token of a mail, which also confirms the address. Every login ends,
 * and every other link.
 * @throws RotoError `invalid_token` where the link was used, is too old, or never was one
 */
export async function resetPassword(
  deps: AccountDeps,
  { token, password }: { readonly token: string; readonly password: string },
): Promise<void> {
  const hashed = await hashPassword(password);
  await inTransaction(deps.db, async (trx) => {
    const user = await userOfLink(trx, deps, { purpose: 'reset_password', token });
    await changePassword(trx, deps, { userId: user.id, hashed });
    await confirmUser(trx, user.id);
    await grantMonthlyCredits(trx, deps, user);
  });
}

/** Sets a password and ends everything that the one before it opened. API keys stay. */
export async function changePassword(
  trx: Trx,
  { clock }: Pick<AccountDeps, 'clock'>,
  { userId, hashed }: { readonly userId: string; readonly hashed: string },
): Promise<void> {
  await setPassword(trx, userId, hashed);
  await voidOneTimeTokens(trx, userId, clock());
  await revokeLogins(trx, userId, clock());
}

async function userOfLink(
  trx: Trx,
  { clock }: Pick<AccountDeps, 'clock'>,
  { purpose, token }: { purpose: 'confirm_email' | 'reset_password'; token: string },
): Promise<UserRow> {
  const link = { purpose, token_hash: tokenHash(token), now: clock() };
  const userId = await spendOneTimeToken(trx, link);
  const user = userId === undefined ? undefined : await lockUser(trx, userId);
  if (user !== undefined) return user;
  throw new RotoError('invalid_token', 'This link was used already, is too old, or is wrong.', {
    param: 'token',
    hint: 'Ask for another mail.',
  });
}

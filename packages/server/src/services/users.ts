import { type PasswordChange, RotoError, type User } from '@roto/sdk/contract';
import type { UserRow } from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db } from '../db/types.ts';
import { type BurialDeps, buryAccount } from './account-deletion.ts';
import { changePassword } from './accounts.ts';
import { hashPassword, isPassword } from './passwords.ts';

/** What the functions here stand on. */
export interface UserDeps extends BurialDeps {
  readonly db: Db;
}

/** An account as its owner sees it. */
export function toUser(row: UserRow): User {
  return {
    id: row.id,
    email: row.email ?? '',
    created_at: row.created_at.toISOString(),
    is_confirmed: row.is_confirmed,
    super_user: row.super_user,
    user_credits: row.user_credits,
    membership: row.membership,
    storage_used: row.storage_used,
  };
}

/**
 * Changes the password of who is signed in. Every login ends.
 * @throws RotoError `invalid_credentials`
 */
export async function changeOwnPassword(
  deps: UserDeps,
  user: UserRow,
  { current_password, new_password }: PasswordChange,
): Promise<void> {
  await requirePassword(user, current_password, 'current_password');
  const hashed = await hashPassword(new_password);
  await inTransaction(deps.db, (trx) => changePassword(trx, deps, { userId: user.id, hashed }));
}

/**
 * Deletes the account of who is signed in.
 * @throws RotoError `invalid_credentials`, `conflict` where it is the last super user
 */
export async function deleteOwnAccount(
  deps: UserDeps,
  user: UserRow,
  password: string,
): Promise<void> {
  await requirePassword(user, password, 'password');
  await inTransaction(deps.db, (trx) => buryAccount(trx, deps, user.id));
}

async function requirePassword(
  { hashed_password }: UserRow,
  password: string,
  param: string,
): Promise<void> {
  if (await isPassword(hashed_password, password)) return;
  throw new RotoError('invalid_credentials', 'The password is wrong.', { param });
}

import { RotoError } from '@roto/sdk/contract';
import { type Clock, secondsAfter } from '../clock.ts';
import { changeUser, countSuperUsers } from '../db/queries/admin.ts';
import { addOneTimeToken, revokeLogins } from '../db/queries/tokens.ts';
import { addUser, confirmUser, lockUserByEmail, setPassword } from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import { newId } from '../new-id.ts';
import { record } from './admin.ts';
import { newToken, tokenHash } from './token-hash.ts';

/** What {@link makeFirstAdmin} stands on. */
export interface FirstAdminDeps {
  readonly db: Db;
  readonly clock: Clock;
}

/** Who is the first super user now. */
export interface FirstAdmin {
  readonly userId: string;
  /** Chooses a password; undefined where the account has one. */
  readonly resetToken: string | undefined;
}

/** Seconds that the link to choose a password is good for. */
const linkSeconds = 60 * 60;

/**
 * Makes the account of an address the first super user; makes the account, too, where there is none.
 * @throws RotoError `conflict` where there is a super user already
 */
export function makeFirstAdmin(deps: FirstAdminDeps, email: string): Promise<FirstAdmin> {
  return inTransaction(deps.db, async (trx) => {
    if ((await countSuperUsers(trx)) > 0) {
      throw new RotoError('conflict', 'There is a super user already.', {
        hint: 'Super users make others.',
      });
    }
    const id = newId('user');
    await addUser(trx, { id, email, hashed_password: null, created_at: deps.clock() });
    const user = await lockUserByEmail(trx, email);
    if (user === undefined) throw new Error('The account is gone.');
    await changeUser(trx, user.id, { super_user: true });
    // An account that waits for its mail may be a stranger's: its password does not count.
    const isKnown = user.is_confirmed && user.hashed_password !== null;
    if (!user.is_confirmed) await confirmUser(trx, user.id);
    const details = { before: { super_user: false }, after: { super_user: true } };
    await record(trx, deps, { adminId: user.id, userId: user.id, type: 'bootstrap', details });
    return {
      userId: user.id,
      resetToken: isKnown ? undefined : await resetToken(trx, deps, user.id),
    };
  });
}

async function resetToken(
  trx: Trx,
  { clock }: Pick<FirstAdminDeps, 'clock'>,
  userId: string,
): Promise<string> {
  const token = newToken();
  await revokeLogins(trx, userId, clock());
  await setPassword(trx, userId, null);
  await addOneTimeToken(trx, {
    id: newId('oneTimeToken'),
    user_id: userId,
    purpose: 'reset_password',
    token_hash: tokenHash(token),
    created_at: clock(),
    expires_at: secondsAfter(clock(), linkSeconds),
  });
  return token;
}

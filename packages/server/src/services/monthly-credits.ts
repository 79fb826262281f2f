import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { findWithoutMonthlyCredits } from '../db/queries/memberships.ts';
import type { UserRow } from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import { grant } from './ledger.ts';
import { tierOf } from './tiers.ts';

/** What the functions here stand on. */
export interface MonthlyDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly config: Pick<Config, 'credits'>;
}

/**
 * Gives an account the credits of its tier for this month, by the calendar of UTC, once. Those who
 * subscribe get them with each period that they pay instead, and the unconfirmed none.
 */
export async function grantMonthlyCredits(
  trx: Trx,
  { clock, config }: Omit<MonthlyDeps, 'db'>,
  user: Pick<UserRow, 'id' | 'membership'>,
): Promise<void> {
  const { monthlyCredits: credits } = tierOf(user);
  const isPaid = user.membership.stripe_subscription_id !== null;
  if (!config.credits || isPaid || credits === 0) return;
  const reference = `${monthOf(clock())}:${user.id}`;
  await grant(trx, { clock }, { userId: user.id, credits, reference });
}

/** Start of the references of a month. */
function monthOf(time: Date): string {
  return `month:${time.toISOString().slice(0, 7)}`;
}

/** Gives every account that has none yet its credits for this month. */
export async function grantAllMonthlyCredits(deps: MonthlyDeps): Promise<void> {
  if (!deps.config.credits) return;
  const month = monthOf(deps.clock());
  let after = '';
  for (;;) {
    const users = await findWithoutMonthlyCredits(deps.db, { month, after });
    for (const user of users) {
      await inTransaction(deps.db, (trx) => grantMonthlyCredits(trx, deps, user));
    }
    const last = users.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

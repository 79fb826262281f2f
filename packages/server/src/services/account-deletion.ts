import { type Membership, RotoError } from '@roto/sdk/contract';
import type Stripe from 'stripe';
import type { Clock } from '../clock.ts';
import { buryUser, findOpenTasks, isBuried, removeWorkOf } from '../db/queries/account-data.ts';
import { countSuperUsers } from '../db/queries/admin.ts';
import { lockUser } from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import type { Queue } from '../jobs/queue.ts';
import { userPrefix } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { cancelTaskWithin } from './tasks.ts';

/** What {@link buryAccount} stands on. */
export interface BurialDeps {
  readonly queue: Queue;
  readonly clock: Clock;
}

/**
 * Deletes an account within a transaction: its tasks are cancelled and their credits back, it can do
 * nothing any more, and its address is free. A job removes its files, and its customer at Stripe,
 * which ends a subscription.
 * @throws RotoError `not_found`, `conflict` where nobody would be left who may do everything
 */
export async function buryAccount(trx: Trx, deps: BurialDeps, userId: string): Promise<void> {
  // Tasks before the account, as whoever ends a task locks them: two that wait for each other fail.
  await cancelOpenTasks(trx, deps, userId);
  const user = await lockUser(trx, userId);
  if (user === undefined) throw new RotoError('not_found', 'There is no such account.');
  if (user.super_user && (await countSuperUsers(trx)) < 2) {
    throw new RotoError('conflict', 'The last super user cannot be deleted.', {
      hint: 'Make another account a super user first.',
    });
  }
  await buryUser(trx, userId, { now: deps.clock(), membership: noMembership });
  const customerId = user.stripe_customer_id;
  await deps.queue.enqueue(trx, 'clear-account', {
    userId,
    ...(customerId === null ? {} : { customerId }),
  });
}

async function cancelOpenTasks(trx: Trx, deps: BurialDeps, userId: string): Promise<void> {
  for (const id of await findOpenTasks(trx, userId)) await cancelTaskWithin(trx, deps, userId, id);
}

/** What a tombstone is subscribed to. */
const noMembership: Membership = {
  tier: 'free',
  status: 'canceled',
  auto_renewal: false,
  stripe_subscription_id: null,
  updated_at: null,
  current_period_end: null,
  cancel_at: null,
  pending_tier_change: null,
};

/** What {@link clearAccount} stands on. */
export interface ClearDeps {
  readonly db: Db;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly storage: Pick<Storage, 'list' | 'delete'>;
  readonly stripe: Stripe | undefined;
}

/** An account whose things are to go. */
export interface ClearedAccount {
  readonly userId: string;
  /** Its customer at Stripe, if it was one. */
  readonly customerId?: string | undefined;
}

/** Objects that are removed at a time. */
const batch = 500;

/** Removes what a deleted account had: its customer at Stripe, its files, the rows about them. */
export async function clearAccount(
  deps: ClearDeps,
  { userId, customerId }: ClearedAccount,
): Promise<void> {
  const { db, storage, stripe } = deps;
  if (!(await isBuried(db, userId))) return;
  // One may have been asked for at the same time as the deletion.
  await inTransaction(db, (trx) => cancelOpenTasks(trx, deps, userId));
  if (customerId !== undefined && stripe !== undefined) await forgetCustomer(stripe, customerId);
  await inTransaction(db, (trx) => removeWorkOf(trx, userId));
  let keys: string[] = [];
  for await (const { key } of storage.list(userPrefix(userId))) {
    keys.push(key);
    if (keys.length < batch) continue;
    await storage.delete(keys);
    keys = [];
  }
  await storage.delete(keys);
}

/** Stripe cancels the subscriptions of a customer that is deleted, at once. */
async function forgetCustomer(stripe: Stripe, customerId: string): Promise<void> {
  try {
    await stripe.customers.del(customerId);
  } catch (error) {
    const isGone = error instanceof Error && 'statusCode' in error && error.statusCode === 404;
    if (!isGone) throw error;
  }
}

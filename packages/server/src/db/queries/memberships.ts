import type { Membership } from '@roto/sdk/contract';
import { sql } from 'kysely';
import { json } from '../column-types.ts';
import type { Db, Trx } from '../types.ts';
import type { UserRow } from './users.ts';

export async function setMembership(
  trx: Trx,
  userId: string,
  membership: Membership,
): Promise<void> {
  await trx
    .updateTable('users')
    .set({ membership: json(membership) })
    .where('id', '=', userId)
    .execute();
}

/** The account of a customer of Stripe; a deleted account has none. */
export function findUserByCustomer(db: Db, customerId: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('users')
    .selectAll()
    .where('stripe_customer_id', '=', customerId)
    .executeTakeFirst();
}

/** Notes which customer of Stripe an account is, unless that is known; gives the one that counts. */
export async function setCustomer(db: Db, userId: string, customerId: string): Promise<string> {
  const { stripe_customer_id } = await db
    .updateTable('users')
    .set(({ fn, ref, val }) => ({
      stripe_customer_id: fn.coalesce(ref('stripe_customer_id'), val(customerId)),
    }))
    .where('id', '=', userId)
    .where('deleted_at', 'is', null)
    .returning('stripe_customer_id')
    .executeTakeFirstOrThrow();
  return stripe_customer_id ?? customerId;
}

/**
 * Some of the confirmed accounts without a subscription that did not get the credits of a month, by
 * the start of the references of that month's movements; in order of their ids, behind one.
 */
export function findWithoutMonthlyCredits(
  db: Db,
  { month, after }: { readonly month: string; readonly after: string },
): Promise<Pick<UserRow, 'id' | 'membership'>[]> {
  return db
    .selectFrom('users')
    .select(['id', 'membership'])
    .where('is_confirmed', '=', true)
    .where('deleted_at', 'is', null)
    .where(sql<string | null>`membership ->> 'stripe_subscription_id'`, 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('ledger_transactions')
            .select('ledger_transactions.id')
            .where('reference', '=', sql<string>`${month} || ':' || users.id`),
        ),
      ),
    )
    .where('id', '>', after)
    .orderBy('id')
    .limit(200)
    .execute();
}

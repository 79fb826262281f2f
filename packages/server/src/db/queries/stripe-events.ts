import { json } from '../column-types.ts';
import type { Db, Trx } from '../types.ts';

/** What is kept of an event: which thing it is about. What that is like now, Stripe is asked. */
export interface EventSubject {
  readonly objectId: string;
}

/** Keeps an event unless it came before; says whether it is new. */
export async function addStripeEvent(
  trx: Trx,
  event: { readonly id: string; readonly type: string; readonly created_at: Date },
  subject: EventSubject,
): Promise<boolean> {
  const added = await trx
    .insertInto('stripe_events')
    .values({ ...event, payload: json<Record<string, unknown>>({ ...subject }) })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst();
  return added !== undefined;
}

/** An event that waits to be handled. */
export async function findOpenStripeEvent(
  db: Db,
  id: string,
): Promise<{ readonly type: string; readonly objectId: string } | undefined> {
  const row = await db
    .selectFrom('stripe_events')
    .select(['type', 'payload'])
    .where('id', '=', id)
    .where('processed_at', 'is', null)
    .executeTakeFirst();
  return row === undefined
    ? undefined
    : { type: row.type, objectId: String(row.payload['objectId']) };
}

export async function markStripeEvent(
  db: Db | Trx,
  id: string,
  end: { readonly processed_at: Date } | { readonly error: string },
): Promise<void> {
  await db.updateTable('stripe_events').set(end).where('id', '=', id).execute();
}

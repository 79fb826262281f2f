import type { Insertable, Selectable } from 'kysely';
import { sql } from 'kysely';
import { isBehind, type ListPart } from '../list-place.ts';
import type { WebhookDeliveriesTable, WebhooksTable } from '../tables/service.ts';
import type { Db, Trx } from '../types.ts';

export type WebhookRow = Selectable<WebhooksTable>;
export type DeliveryRow = Selectable<WebhookDeliveriesTable>;

export function addWebhook(trx: Trx, webhook: Insertable<WebhooksTable>): Promise<WebhookRow> {
  return trx.insertInto('webhooks').values(webhook).returningAll().executeTakeFirstOrThrow();
}

export async function countWebhooks(trx: Trx, userId: string): Promise<number> {
  const { count } = await trx
    .selectFrom('webhooks')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return count;
}

export function listWebhooks(
  db: Db,
  userId: string,
  { limit, after }: ListPart,
): Promise<WebhookRow[]> {
  let query = db
    .selectFrom('webhooks')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit);
  if (after !== undefined) query = query.where(isBehind('webhooks', after));
  return query.execute();
}

/** Deletes a webhook of an account; says whether there was one. */
export async function deleteWebhook(db: Db, userId: string, id: string): Promise<boolean> {
  const deleted = await db
    .deleteFrom('webhooks')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}

/** Webhooks of an account that want to be told of an event. */
export function findListeners(trx: Trx, userId: string, event: string): Promise<WebhookRow[]> {
  return trx
    .selectFrom('webhooks')
    .selectAll()
    .where('user_id', '=', userId)
    .where('disabled_at', 'is', null)
    .where(sql<boolean>`${event} = any(events)`)
    .execute();
}

export async function addDelivery(
  trx: Trx,
  delivery: Insertable<WebhookDeliveriesTable>,
): Promise<void> {
  await trx.insertInto('webhook_deliveries').values(delivery).execute();
}

/** A delivery that waits, and where it goes. */
export interface OpenDelivery
  extends Pick<DeliveryRow, 'id' | 'payload'>,
    Pick<WebhookRow, 'url' | 'secret'> {
  readonly webhook_id: string;
}

export function findOpenDelivery(db: Db, id: string): Promise<OpenDelivery | undefined> {
  return db
    .selectFrom('webhook_deliveries as delivery')
    .innerJoin('webhooks', 'webhooks.id', 'delivery.webhook_id')
    .select([
      'delivery.id',
      'delivery.payload',
      'delivery.webhook_id',
      'webhooks.url',
      'webhooks.secret',
    ])
    .where('delivery.id', '=', id)
    .where('delivery.status', '=', 'pending')
    .where('webhooks.disabled_at', 'is', null)
    .executeTakeFirst();
}

/** How an attempt went. */
export type AttemptEnd = Pick<DeliveryRow, 'status' | 'response_status' | 'error' | 'delivered_at'>;

export async function noteAttempt(db: Db, id: string, end: AttemptEnd): Promise<void> {
  await db
    .updateTable('webhook_deliveries')
    .set((set) => ({ ...end, attempts: set('attempts', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

export async function disableWebhook(db: Db, id: string, now: Date): Promise<void> {
  await db.updateTable('webhooks').set({ disabled_at: now }).where('id', '=', id).execute();
}

/** Deliveries to a webhook of an account, newest first. */
export function listDeliveries(
  db: Db,
  { userId, webhookId }: { readonly userId: string; readonly webhookId: string },
  { limit, after }: ListPart,
): Promise<DeliveryRow[]> {
  let query = db
    .selectFrom('webhook_deliveries as delivery')
    .innerJoin('webhooks', 'webhooks.id', 'delivery.webhook_id')
    .selectAll('delivery')
    .where('webhooks.user_id', '=', userId)
    .where('webhooks.id', '=', webhookId)
    .orderBy('delivery.created_at', 'desc')
    .orderBy('delivery.id')
    .limit(limit);
  if (after !== undefined) query = query.where(isBehind('delivery', after));
  return query.execute();
}

/** A webhook of an account. */
export function findWebhook(
  db: Db,
  { userId, webhookId }: { readonly userId: string; readonly webhookId: string },
): Promise<WebhookRow | undefined> {
  return db
    .selectFrom('webhooks')
    .selectAll()
    .where('id', '=', webhookId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
}

import { randomBytes } from 'node:crypto';
import {
  type NewWebhook,
  type NewWebhookParams,
  type PageQuery,
  RotoError,
  type Webhook,
  type WebhookDelivery,
  WebhookEvent,
  type WebhookMessage,
} from '@roto/sdk/contract';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { json } from '../db/column-types.ts';
import { lockUser } from '../db/queries/users.ts';
import {
  addDelivery,
  addWebhook,
  countWebhooks,
  type DeliveryRow,
  deleteWebhook,
  disableWebhook,
  findListeners,
  findOpenDelivery,
  findWebhook,
  listDeliveries,
  listWebhooks,
  noteAttempt,
  type WebhookRow,
} from '../db/queries/webhooks.ts';
import type { TasksTable } from '../db/tables/tasks.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import type { Queue } from '../jobs/queue.ts';
import { newId } from '../new-id.ts';
import type { WebhookPoster } from '../webhooks/post-webhook.ts';
import { checkPublicUrl } from '../webhooks/public-address.ts';
import { type ListPage, listPage } from './list-page.ts';

/** Webhooks that one account may have. */
const mostWebhooks = 20;

/** What the functions here stand on. */
export interface WebhookDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly config: Pick<Config, 'privateWebhooks' | 'production'>;
}

/**
 * Has an account told of the ends of its tasks.
 * @throws RotoError `invalid_argument` where the URL is not one of the open internet, `conflict` where
 * the account has too many
 */
export async function createWebhook(
  { db, clock, config }: WebhookDeps,
  userId: string,
  { url, events }: NewWebhookParams,
): Promise<NewWebhook> {
  if (!config.privateWebhooks) checkPublicUrl(url);
  if (config.production && !url.startsWith('https:')) {
    throw new RotoError('invalid_argument', 'Expected a URL that starts with https://.', {
      param: 'url',
    });
  }
  const secret = `whsec_${randomBytes(32).toString('base64url')}`;
  const row = await inTransaction(db, async (trx) => {
    await lockUser(trx, userId);
    if ((await countWebhooks(trx, userId)) >= mostWebhooks) {
      throw new RotoError('conflict', `An account has at most ${mostWebhooks} webhooks.`);
    }
    const id = newId('webhook');
    return addWebhook(trx, { id, user_id: userId, url, secret, events, created_at: clock() });
  });
  return { ...toWebhook(row), secret };
}

/** The webhooks of an account, newest first. */
export function webhooksOf(
  { db }: Pick<WebhookDeps, 'db'>,
  userId: string,
  page: PageQuery,
): Promise<ListPage<Webhook>> {
  return listPage(page, (part) => listWebhooks(db, userId, part), toWebhook);
}

/** @throws RotoError `not_found` */
export async function removeWebhook(
  { db }: Pick<WebhookDeps, 'db'>,
  userId: string,
  id: string,
): Promise<void> {
  if (await deleteWebhook(db, userId, id)) return;
  throw new RotoError('not_found', 'There is no such webhook.', { param: 'id' });
}

/** What was sent to a webhook of an account, newest first. */
export async function deliveriesOf(
  { db }: Pick<WebhookDeps, 'db'>,
  { userId, webhookId }: { readonly userId: string; readonly webhookId: string },
  page: PageQuery,
): Promise<ListPage<WebhookDelivery>> {
  const find = { userId, webhookId };
  if ((await findWebhook(db, find)) === undefined) {
    throw new RotoError('not_found', 'There is no such webhook.', { param: 'id' });
  }
  return listPage(page, (part) => listDeliveries(db, find, part), toDelivery);
}

function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    url: row.url,
    events: row.events.map((event) => WebhookEvent.parse(event)),
    created_at: row.created_at.toISOString(),
    disabled_at: row.disabled_at?.toISOString() ?? null,
  };
}

function toDelivery(row: DeliveryRow): WebhookDelivery {
  const { id, status, attempts, response_status, error } = row;
  return {
    id,
    event: WebhookEvent.parse(row.event),
    status,
    attempts,
    response_status,
    error,
    created_at: row.created_at.toISOString(),
    delivered_at: row.delivered_at?.toISOString() ?? null,
  };
}

/** A task that has ended. */
export interface EndedTask extends Pick<TasksTable, 'id' | 'user_id'> {
  readonly video_id: string | null;
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly error_code: string | null;
  readonly error_message: string | null;
}

/**
 * Tells an account's webhooks that a task has ended, within the transaction that ends it: jobs post
 * the messages once it is committed, and not otherwise.
 */
export async function announceTask(
  trx: Trx,
  { queue, clock }: { readonly queue: Queue; readonly clock: Clock },
  task: EndedTask,
): Promise<void> {
  const type = `task.${task.status}` as const;
  const now = clock();
  for (const { id: webhook_id } of await findListeners(trx, task.user_id, type)) {
    const id = newId('delivery');
    const message: WebhookMessage = {
      id,
      type,
      created_at: now.toISOString(),
      data: {
        task_id: task.id,
        video_id: task.video_id,
        status: task.status,
        error_code: task.error_code,
        error_message: task.error_message,
      },
    };
    const payload = json<Record<string, unknown>>({ ...message });
    await addDelivery(trx, { id, webhook_id, event: type, payload, created_at: now });
    await queue.enqueue(trx, 'deliver-webhook', { deliveryId: id });
  }
}

/** What {@link deliverWebhook} stands on. */
export interface DeliverDeps extends Pick<WebhookDeps, 'db' | 'clock'> {
  readonly poster: WebhookPoster;
}

/** Posts a message that waits; throws to have it tried again. */
export async function deliverWebhook(
  { db, clock, poster }: DeliverDeps,
  deliveryId: string,
  { isLast, signal }: { readonly isLast: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const delivery = await findOpenDelivery(db, deliveryId);
  if (delivery === undefined) return;
  const { url, secret, payload, webhook_id } = delivery;
  const body = JSON.stringify(payload);
  const failed = isLast ? ('failed' as const) : ('pending' as const);
  const sent = await poster.post({ url, secret, body, now: clock(), signal }).then(
    (status) => ({ status }),
    (cause: unknown) => ({ cause }),
  );
  if ('cause' in sent) {
    const error = sent.cause instanceof Error ? sent.cause.message : String(sent.cause);
    const end = { status: failed, response_status: null, error, delivered_at: null };
    await noteAttempt(db, deliveryId, end);
    throw sent.cause;
  }
  const response_status = sent.status;
  if (response_status >= 200 && response_status < 300) {
    const end = { status: 'delivered' as const, error: null, delivered_at: clock() };
    return noteAttempt(db, deliveryId, { ...end, response_status });
  }
  const isGone = response_status === 410;
  const error = `It answered ${response_status}.`;
  const status = isGone ? ('failed' as const) : failed;
  await noteAttempt(db, deliveryId, { status, response_status, error, delivered_at: null });
  if (isGone) return disableWebhook(db, webhook_id, clock());
  throw new Error(error);
}

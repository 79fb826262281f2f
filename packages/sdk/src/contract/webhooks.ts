import { z } from 'zod';
import { idOf } from './ids.ts';
import { pageOf } from './pagination.ts';
import { Timestamp } from './users.ts';

/** What an account can be told of. */
export const webhookEvents = ['task.completed', 'task.failed', 'task.cancelled'] as const;
export const WebhookEvent = z.enum(webhookEvents);
export type WebhookEvent = z.infer<typeof WebhookEvent>;

export const NewWebhookParams = z
  .object({
    url: z
      .url({ protocol: /^https?$/, error: 'Expected a URL that starts with https://' })
      .max(2000),
    events: z
      .array(WebhookEvent)
      .min(1)
      .max(webhookEvents.length)
      .transform((events) => [...new Set(events)])
      .default([...webhookEvents]),
  })
  .meta({ id: 'NewWebhookParams' });
export type NewWebhookParams = z.infer<typeof NewWebhookParams>;

/** Where an account is told that a task has ended. */
export const Webhook = z
  .object({
    id: idOf('webhook'),
    url: z.string(),
    events: z.array(WebhookEvent),
    created_at: Timestamp,
    /** Since when it is not told any more, because it answered 410 Gone. */
    disabled_at: Timestamp.nullable(),
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.infer<typeof Webhook>;

/** A webhook that was made. The secret that signs what comes is said here and never again. */
export const NewWebhook = Webhook.extend({ secret: z.string() }).meta({ id: 'NewWebhook' });
export type NewWebhook = z.infer<typeof NewWebhook>;

export const WebhookPage = pageOf(Webhook).meta({ id: 'WebhookPage' });
export type WebhookPage = z.infer<typeof WebhookPage>;

/** The body of a webhook, whose header `roto-signature` the SDK's `verifyWebhook` checks. */
export const WebhookMessage = z
  .object({
    /** The same for every attempt at one delivery. */
    id: idOf('delivery'),
    type: WebhookEvent,
    created_at: Timestamp,
    data: z.object({
      task_id: idOf('task'),
      video_id: idOf('video').nullable(),
      status: z.string(),
      error_code: z.string().nullable(),
      error_message: z.string().nullable(),
    }),
  })
  .meta({ id: 'WebhookMessage' });
export type WebhookMessage = z.infer<typeof WebhookMessage>;

/** One message to a webhook, and how that went. */
export const WebhookDelivery = z
  .object({
    id: idOf('delivery'),
    event: WebhookEvent,
    status: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.int().nonnegative(),
    /** What the last attempt was answered; null where it was not. */
    response_status: z.int().nullable(),
    error: z.string().nullable(),
    created_at: Timestamp,
    delivered_at: Timestamp.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

export const WebhookDeliveryPage = pageOf(WebhookDelivery).meta({ id: 'WebhookDeliveryPage' });
export type WebhookDeliveryPage = z.infer<typeof WebhookDeliveryPage>;

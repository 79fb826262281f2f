import type { z } from 'zod';
import type { ApiPromise } from '../api-promise.ts';
import {
  NewWebhook,
  type NewWebhookParams,
  Webhook,
  WebhookDelivery,
} from '../contract/webhooks.ts';
import { path } from '../internal/path.ts';
import { type ListParams, type ListPromise, list } from '../pagination.ts';
import type { RequestOptions, Transport } from '../request.ts';
import { Nothing } from './nothing.ts';

/**
 * URLs that are told when tasks end. What comes there is checked by `verifyWebhook`.
 *
 * @example
 * for await (const webhook of roto.webhooks.list()) console.log(webhook.url, webhook.disabled_at);
 */
export class Webhooks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Has a URL told when tasks end. The secret that signs what comes is said here and never again:
   * the call is tried once unless `maxRetries` says otherwise.
   */
  create(body: z.input<typeof NewWebhookParams>, options?: RequestOptions): ApiPromise<NewWebhook> {
    const spec = { path: '/api/webhooks', body, schema: NewWebhook };
    return this.#transport.request({ method: 'POST', ...spec }, { maxRetries: 0, ...options });
  }

  /** Webhooks, newest first. */
  list(params: ListParams = {}, options?: RequestOptions): ListPromise<Webhook> {
    const spec = { path: '/api/webhooks', query: { ...params }, item: Webhook };
    return list(this.#transport, spec, options);
  }

  /** Tells a URL no more. */
  delete(id: string, options?: RequestOptions): ApiPromise<void> {
    const spec = { path: path`/api/webhooks/${id}`, schema: Nothing };
    return this.#transport.request({ method: 'DELETE', ...spec }, options);
  }

  /** What a URL was told, and how that went, newest first. */
  deliveries(
    id: string,
    params: ListParams = {},
    options?: RequestOptions,
  ): ListPromise<WebhookDelivery> {
    const at = path`/api/webhooks/${id}/deliveries`;
    const spec = { path: at, query: { ...params }, item: WebhookDelivery };
    return list(this.#transport, spec, options);
  }
}

import { type DeliverDeps, deliverWebhook } from '../../services/webhooks.ts';
import type { JobHandler } from '../handler.ts';

/** Posts a message to a webhook. */
export function createDeliverWebhookHandler(deps: DeliverDeps): JobHandler<'deliver-webhook'> {
  return ({ deliveryId }, { isLast, signal }) =>
    deliverWebhook(deps, deliveryId, { isLast, signal });
}

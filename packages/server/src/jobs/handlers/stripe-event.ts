import { handleStripeEvent, type StripeEventDeps } from '../../services/stripe-events.ts';
import type { JobHandler } from '../handler.ts';

/** Does what an event of Stripe asks for. */
export function createStripeEventHandler(deps: StripeEventDeps): JobHandler<'stripe-event'> {
  return ({ eventId }) => handleStripeEvent(deps, eventId);
}

import { RotoError } from '@roto/sdk/contract';
import Stripe from 'stripe';

/**
 * Asks Stripe, and says in our codes what went wrong there.
 * @throws RotoError `payment_failed` where the payment was refused, `unavailable` where Stripe does
 * not answer
 */
export async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof Stripe.errors.StripeCardError) {
      throw new RotoError('payment_failed', cause.message, {
        hint: 'Choose another way to pay in the portal.',
        cause,
      });
    }
    const isAway =
      cause instanceof Stripe.errors.StripeConnectionError ||
      cause instanceof Stripe.errors.StripeAPIError ||
      cause instanceof Stripe.errors.StripeRateLimitError;
    if (!isAway) throw cause;
    throw new RotoError('unavailable', 'Stripe does not answer now; try again later.', { cause });
  }
}

import Stripe from 'stripe';
import type { StripeConfig } from '../config.ts';

/** Milliseconds that an answer may take. */
const patienceMs = 20_000;

/** The client of Stripe's API. Its POSTs carry keys of idempotence, so that it may send them again. */
export function createStripe({ secretKey, apiUrl }: StripeConfig): Stripe {
  return new Stripe(secretKey, {
    timeout: patienceMs,
    maxNetworkRetries: 2,
    telemetry: false,
    appInfo: { name: 'roto' },
    ...(apiUrl === undefined ? {} : placeOf(new URL(apiUrl))),
  });
}

function placeOf({ protocol, hostname, port }: URL) {
  const isPlain = protocol === 'http:';
  return {
    protocol: isPlain ? ('http' as const) : ('https' as const),
    host: hostname,
    port: port === '' ? (isPlain ? 80 : 443) : Number(port),
  };
}

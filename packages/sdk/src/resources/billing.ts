import type { ApiPromise } from '../api-promise.ts';
import {
  type AutoRenewalParams,
  Offers,
  StripePage,
  type TierParams,
} from '../contract/billing.ts';
import { Membership } from '../contract/users.ts';
import type { RequestOptions, Transport } from '../request.ts';

/**
 * What there is to buy, and the account's subscription.
 *
 * @example
 * const { tiers, credit_packs } = await roto.billing.offers();
 */
export class Billing {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Tiers and packs of credits. Needs no key. */
  offers(options?: RequestOptions): ApiPromise<Offers> {
    return this.#transport.request({ method: 'GET', path: '/api/offers', schema: Offers }, options);
  }

  /** Begins to subscribe to a tier: gives the page where a person pays. */
  subscribe(body: TierParams, options?: RequestOptions): ApiPromise<StripePage> {
    const spec = { path: '/api/stripe/checkout', body, schema: StripePage };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** The page with invoices and ways to pay. */
  portal(options?: RequestOptions): ApiPromise<StripePage> {
    const spec = { path: '/api/stripe/portal', schema: StripePage };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** Moves to another tier: up at once, down at the end of the period. */
  changeTier(body: TierParams, options?: RequestOptions): ApiPromise<Membership> {
    return this.#change('change-tier', body, options);
  }

  /** Cancels the subscription at the end of its period. */
  cancel(options?: RequestOptions): ApiPromise<Membership> {
    return this.#change('cancel', undefined, options);
  }

  /** Takes a cancellation back. */
  resume(options?: RequestOptions): ApiPromise<Membership> {
    return this.#change('resume', undefined, options);
  }

  /** Says whether the subscription goes on after its period. */
  setAutoRenewal(body: AutoRenewalParams, options?: RequestOptions): ApiPromise<Membership> {
    return this.#change('auto-renewal', body, options);
  }

  #change(name: string, body: unknown, options?: RequestOptions): ApiPromise<Membership> {
    const spec = { path: `/api/stripe/${name}`, body, schema: Membership };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }
}

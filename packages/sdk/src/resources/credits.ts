import type { ApiPromise } from '../api-promise.ts';
import {
  CreditBalance,
  CreditMovement,
  type PurchaseParams,
  StripePage,
} from '../contract/billing.ts';
import { type ListParams, type ListPromise, list } from '../pagination.ts';
import type { RequestOptions, Transport } from '../request.ts';

/**
 * What the account can spend, and how it came to that.
 *
 * @example
 * const { available, reserved } = await roto.credits.get();
 * for await (const { kind, available } of roto.credits.history()) console.log(kind, available);
 */
export class Credits {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** What the account can spend. */
  get(options?: RequestOptions): ApiPromise<CreditBalance> {
    const spec = { path: '/api/credits', schema: CreditBalance };
    return this.#transport.request({ method: 'GET', ...spec }, options);
  }

  /** Movements of credits, newest first. */
  history(params: ListParams = {}, options?: RequestOptions): ListPromise<CreditMovement> {
    const spec = { path: '/api/credits/ledger', query: { ...params }, item: CreditMovement };
    return list(this.#transport, spec, options);
  }

  /** Begins to buy a pack of credits: gives the page where a person pays. */
  purchase(body: PurchaseParams, options?: RequestOptions): ApiPromise<StripePage> {
    const spec = { path: '/api/credits/purchase', body, schema: StripePage };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }
}

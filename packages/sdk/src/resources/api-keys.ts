import type { z } from 'zod';
import type { ApiPromise } from '../api-promise.ts';
import { ApiKey, NewApiKey, type NewApiKeyParams } from '../contract/api-keys.ts';
import { path } from '../internal/path.ts';
import { type ListParams, type ListPromise, list } from '../pagination.ts';
import type { RequestOptions, Transport } from '../request.ts';
import { Nothing } from './nothing.ts';

/**
 * API keys of the account.
 *
 * @example
 * for await (const key of roto.apiKeys.list()) console.log(key.name, key.prefix);
 */
export class ApiKeys {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Makes a key, which is said here and never again. Takes a login, not an API key. The service
   * keeps no secret to answer a second try with: the call is tried once unless `maxRetries` says
   * otherwise.
   */
  create(body: z.input<typeof NewApiKeyParams>, options?: RequestOptions): ApiPromise<NewApiKey> {
    const spec = { path: '/api/api-keys', body, schema: NewApiKey };
    return this.#transport.request({ method: 'POST', ...spec }, { maxRetries: 0, ...options });
  }

  /** Keys, newest first, those that were revoked too. */
  list(params: ListParams = {}, options?: RequestOptions): ListPromise<ApiKey> {
    const spec = { path: '/api/api-keys', query: { ...params }, item: ApiKey };
    return list(this.#transport, spec, options);
  }

  /** Revokes a key: it counts no more. */
  revoke(id: string, options?: RequestOptions): ApiPromise<void> {
    const spec = { path: path`/api/api-keys/${id}`, schema: Nothing };
    return this.#transport.request({ method: 'DELETE', ...spec }, options);
  }
}

import type { ApiPromise } from '../api-promise.ts';
import { type DeleteAccountParams, type PasswordChange, User } from '../contract/users.ts';
import { StorageReport } from '../contract/videos.ts';
import type { RequestOptions, Transport } from '../request.ts';
import { Nothing } from './nothing.ts';

/**
 * One's own account.
 *
 * @example
 * const me = await roto.users.me();
 * const { total, limit_bytes } = await roto.users.storage();
 */
export class Users {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The account of the key. */
  me(options?: RequestOptions): ApiPromise<User> {
    return this.#transport.request({ method: 'GET', path: '/api/users/me', schema: User }, options);
  }

  /** What the account stores, and may. */
  storage(options?: RequestOptions): ApiPromise<StorageReport> {
    const spec = { path: '/api/users/storage', schema: StorageReport };
    return this.#transport.request({ method: 'GET', ...spec }, options);
  }

  /** Changes the password. Takes a login, not an API key; every login ends. */
  changePassword(body: PasswordChange, options?: RequestOptions): ApiPromise<User> {
    const spec = { path: '/api/users/me', body, schema: User };
    return this.#transport.request({ method: 'PATCH', ...spec }, options);
  }

  /** Deletes the account and all it has. Takes a login, not an API key. */
  delete(body: DeleteAccountParams, options?: RequestOptions): ApiPromise<void> {
    const spec = { path: '/api/users/me', body, schema: Nothing };
    return this.#transport.request({ method: 'DELETE', ...spec }, options);
  }
}

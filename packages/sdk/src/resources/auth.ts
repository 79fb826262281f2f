import type { z } from 'zod';
import type { ApiPromise } from '../api-promise.ts';
import {
  ConfirmResult,
  type LoginParams,
  type MailParams,
  type RefreshParams,
  type RegisterParams,
  RegisterResult,
  type ResetPasswordParams,
  ResetPasswordResult,
  TokenPair,
} from '../contract/auth.ts';
import { path } from '../internal/path.ts';
import type { RequestOptions, Transport } from '../request.ts';
import { Nothing } from './nothing.ts';

/**
 * Accounts and logins. None of these calls needs a key.
 *
 * @example
 * const { accessToken } = await roto.auth.login({ email, password });
 * const mine = new Roto({ baseUrl: roto.baseUrl, apiKey: accessToken });
 */
export class Auth {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Makes an account. The reply is the same whether or not the address has one: a mail says how to go on. */
  register(
    body: z.input<typeof RegisterParams>,
    options?: RequestOptions,
  ): ApiPromise<RegisterResult> {
    const spec = { path: '/api/auth/register', body, schema: RegisterResult };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** Confirms the address of an account by the token of its mail. */
  confirm(token: string, options?: RequestOptions): ApiPromise<ConfirmResult> {
    const spec = { path: path`/api/auth/confirm/${token}`, schema: ConfirmResult };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** Sends the mail that confirms an address again, if the address waits for one. */
  resendConfirmation(
    body: z.input<typeof MailParams>,
    options?: RequestOptions,
  ): ApiPromise<RegisterResult> {
    const spec = { path: '/api/auth/resend-confirmation', body, schema: RegisterResult };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** Signs in. */
  login(body: z.input<typeof LoginParams>, options?: RequestOptions): ApiPromise<TokenPair> {
    const spec = { path: '/api/auth/login', body, schema: TokenPair };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /**
   * The next pair of tokens. The refresh token is used up by it, and one that comes twice ends the
   * login: the call is tried once unless `maxRetries` says otherwise.
   */
  refresh(body: RefreshParams, options?: RequestOptions): ApiPromise<TokenPair> {
    const spec = { path: '/api/auth/refresh', body, schema: TokenPair };
    return this.#transport.request({ method: 'POST', ...spec }, { maxRetries: 0, ...options });
  }

  /** Signs out: the refresh token, and those that came of it, count no more. */
  logout(body: RefreshParams, options?: RequestOptions): ApiPromise<void> {
    const spec = { path: '/api/auth/logout', body, schema: Nothing };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** Sends a mail to choose a new password by, if the address has an account. */
  requestReset(
    body: z.input<typeof MailParams>,
    options?: RequestOptions,
  ): ApiPromise<RegisterResult> {
    const spec = { path: '/api/auth/request-reset', body, schema: RegisterResult };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** Sets a new password by the token of its mail. Every login ends. */
  reset(
    token: string,
    body: ResetPasswordParams,
    options?: RequestOptions,
  ): ApiPromise<ResetPasswordResult> {
    const spec = { path: path`/api/auth/reset/${token}`, body, schema: ResetPasswordResult };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }
}

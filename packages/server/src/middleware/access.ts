import { type ApiScope, RotoError } from '@roto/sdk/contract';
import type { Context, MiddlewareHandler } from 'hono';
import type { AppEnv, Identity } from '../app-env.ts';

/** Name of the one security scheme in the OpenAPI document. */
export const bearerScheme = 'bearer';

/** What a route needs beside a scope. */
export interface AccessOptions {
  /** An account whose address is confirmed: whatever spends, stores or sends. */
  readonly confirmed?: boolean;
  /** A login: an API key must not make itself stronger, or outlive itself. */
  readonly login?: boolean;
}

/**
 * What a route needs of its caller, for `createRoute`: the middleware that asks for it, and the same
 * in the OpenAPI document, from which the matrix of authorisations is tested.
 */
export function access(scope: ApiScope, { confirmed = false, login = false }: AccessOptions = {}) {
  return {
    middleware: [requireAccess(scope, { confirmed, login })],
    security: [{ [bearerScheme]: [scope] }],
    'x-roto-access': { confirmed, login },
  };
}

function requireAccess(
  scope: ApiScope,
  { confirmed, login }: Required<AccessOptions>,
): MiddlewareHandler<AppEnv> {
  return async function requireAccess(c, next) {
    const { scopes, user, apiKeyId } = identityOf(c);
    if (!scopes.has(scope)) {
      throw new RotoError('forbidden', `This needs the scope ${scope}, and you do not have it.`);
    }
    if (login && apiKeyId !== undefined) {
      throw new RotoError('forbidden', 'This needs a login; an API key may not do it.');
    }
    if (confirmed && !user.is_confirmed) {
      throw new RotoError('email_unconfirmed', 'The address of the account is not confirmed yet.', {
        hint: 'Open the link in the confirmation mail, or ask for another one.',
      });
    }
    await next();
  };
}

/**
 * Who a request is from.
 * @throws RotoError `unauthenticated`
 */
export function identityOf(c: Context<AppEnv>): Identity {
  if (c.var.identity !== undefined) return c.var.identity;
  throw new RotoError('unauthenticated', 'Expected a valid access token or API key.', {
    hint: 'Send it as Authorization: Bearer.',
  });
}

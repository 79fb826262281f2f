import { type ApiScope, RotoError } from '@roto/sdk/contract';
import type { Context, MiddlewareHandler } from 'hono';
import type { AppEnv, Identity } from '../app-env.ts';

/** Name of the one security scheme in the OpenAPI document. */
export const bearerScheme = 'bearer';

/**
 * What a route needs of its caller, for `createRoute`: the middleware that asks for it, and the same
 * in the OpenAPI document, from which the matrix of authorisations is tested.
 */
export function access(scope: ApiScope) {
  return {
    middleware: [requireScope(scope)],
    security: [{ [bearerScheme]: [scope] }],
  };
}

function requireScope(scope: ApiScope): MiddlewareHandler<AppEnv> {
  return async function requireScope(c, next) {
    if (!identityOf(c).scopes.has(scope)) {
      throw new RotoError('forbidden', `This needs the scope ${scope}, and you do not have it.`);
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

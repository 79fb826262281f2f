import { type ApiScope, apiScopes } from '@roto/sdk/contract';
import type { MiddlewareHandler } from 'hono';
import type { AppEnv, Identity } from '../app-env.ts';
import { findUserOfSession } from '../db/queries/users.ts';
import type { AppDeps } from '../deps.ts';
import { identityOfApiKey, isApiKey } from '../services/api-keys.ts';

type Deps = Pick<AppDeps, 'db' | 'clock' | 'accessTokens'>;

/**
 * Finds who a request is from, by a login's access token or an API key. Refuses nobody: routes say
 * what they need, and the rate limit counts those who fail too.
 */
export function authenticate(deps: Deps): MiddlewareHandler<AppEnv> {
  return async function authenticate(c, next) {
    const token = /^Bearer (\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1];
    c.set('identity', token === undefined ? undefined : await identityOf(deps, token));
    await next();
  };
}

async function identityOf(deps: Deps, token: string): Promise<Identity | undefined> {
  if (isApiKey(token)) return identityOfApiKey(deps, token);
  const session = await deps.accessTokens.verify(token);
  const user = session === undefined ? undefined : await findUserOfSession(deps.db, session);
  if (user === undefined) return undefined;
  return { user, scopes: allScopesOf(user.super_user), apiKeyId: undefined };
}

function allScopesOf(superUser: boolean): Set<ApiScope> {
  return new Set(apiScopes.filter((scope) => scope !== 'admin' || superUser));
}

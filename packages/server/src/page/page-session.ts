import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { csrf } from 'hono/csrf';
import type { AppEnv } from '../app-env.ts';
import { findUserOfRefreshToken } from '../db/queries/page-sessions.ts';
import type { UserRow } from '../db/queries/users.ts';
import type { AppDeps } from '../deps.ts';
import { tokenHash } from '../services/token-hash.ts';

/**
 * Holds the refresh token of a login, which pages never use up: the login ends with it, as it does
 * by a new password. Only pages look at it; the API takes bearers alone.
 */
const cookieName = 'roto_session';

type Deps = Pick<AppDeps, 'config' | 'db' | 'clock'>;
type PageContext = Context<AppEnv>;

/** Keeps a login in the browser until that is closed. */
export function keepSession(deps: Pick<Deps, 'config'>, c: PageContext, token: string): void {
  setCookie(c, cookieName, token, cookieOptions(deps, c));
}

/** Makes the browser forget its login. */
export function dropSession(deps: Pick<Deps, 'config'>, c: PageContext): void {
  deleteCookie(c, cookieName, cookieOptions(deps, c));
}

/** The refresh token of the browser's login, if there is one. */
export function sessionToken({ config }: Pick<Deps, 'config'>, c: PageContext): string | undefined {
  return isHttps(config, c) ? getCookie(c, cookieName, 'host') : getCookie(c, cookieName);
}

/** Whose login the browser has; undefined where it has none that counts. */
export async function accountOf(deps: Deps, c: PageContext): Promise<UserRow | undefined> {
  const token = sessionToken(deps, c);
  if (token === undefined) return undefined;
  return findUserOfRefreshToken(deps.db, tokenHash(token), deps.clock());
}

/** Refuses what another site makes a browser send. */
export function sameOriginOnly({ config }: Pick<Deps, 'config'>) {
  return csrf({
    origin: (origin, c) => {
      const { host } = new URL(c.req.url);
      const asked = `${isHttps(config, c) ? 'https' : 'http'}://${host}`;
      return origin === asked || origin === config.publicUrl;
    },
  });
}

function cookieOptions({ config }: Pick<Deps, 'config'>, c: PageContext) {
  const options = { path: '/', httpOnly: true, sameSite: 'Lax' } as const;
  // The prefix keeps other hosts of the domain from setting it.
  return isHttps(config, c) ? { ...options, secure: true, prefix: 'host' as const } : options;
}

/** Whether the browser reaches the service by https, be it through a proxy that ends it. */
function isHttps(
  { publicUrl, trustedProxies }: AppDeps['config'],
  c: Pick<PageContext, 'req'>,
): boolean {
  if (publicUrl !== undefined) return publicUrl.startsWith('https:');
  const forwarded = trustedProxies > 0 ? c.req.header('X-Forwarded-Proto') : undefined;
  return (forwarded ?? new URL(c.req.url).protocol).replace(':', '') === 'https';
}

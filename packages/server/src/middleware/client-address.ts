import { getConnInfo } from '@hono/node-server/conninfo';
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../app-env.ts';

/**
 * Finds where a request came from: the other end of the connection, or behind `trustedProxies`
 * proxies what the outermost of them wrote into X-Forwarded-For. What a client wrote there before
 * them never counts.
 */
export function clientAddress(trustedProxies: number): MiddlewareHandler<AppEnv> {
  return async function clientAddress(c, next) {
    const hops = c.req.header('X-Forwarded-For')?.split(',') ?? [];
    const forwarded = trustedProxies === 0 ? undefined : hops.at(-trustedProxies)?.trim();
    c.set('clientAddress', forwarded || peerAddress(c));
    await next();
  };
}

/** Undefined parts where there is no socket, as in tests that ask the app itself. */
function peerAddress(c: Parameters<typeof getConnInfo>[0]): string {
  const hasSocket = typeof c.env === 'object' && c.env !== null && 'incoming' in c.env;
  return (hasSocket ? getConnInfo(c).remote.address : undefined) ?? 'local';
}

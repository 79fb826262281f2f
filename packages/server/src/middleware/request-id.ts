import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../app-env.ts';

const header = 'X-Request-Id';
/** What a client or a proxy may call a request; anything else is replaced, not logged. */
const acceptable = /^[A-Za-z0-9._-]{8,128}$/;

/** Gives every request an id, the caller's own where it is fit to be logged. */
export function requestId(): MiddlewareHandler<AppEnv> {
  return async function requestId(c, next) {
    const given = c.req.header(header);
    const id = given !== undefined && acceptable.test(given) ? given : randomUUID();
    c.set('requestId', id);
    c.header(header, id);
    await next();
    c.header(header, id);
  };
}

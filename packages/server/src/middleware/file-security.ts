import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../app-env.ts';

/**
 * What users sent may be shown on other pages, and may do nothing where it is opened itself. Stands
 * before the middleware of secure headers, whose own would win otherwise.
 */
export function fileSecurity(): MiddlewareHandler<AppEnv> {
  return async function fileSecurity(c, next) {
    await next();
    c.header('Content-Security-Policy', "default-src 'none'; sandbox");
    c.header('Cross-Origin-Resource-Policy', 'cross-origin');
  };
}

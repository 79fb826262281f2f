import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { AppEnv } from '../app-env.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';

/** What {@link requestLog} tells. */
export interface RequestLogOptions {
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Logs and counts every request by its route: paths may hold tokens, and have no end of values. */
export function requestLog({ log, metrics }: RequestLogOptions): MiddlewareHandler<AppEnv> {
  return async function requestLog(c, next) {
    const started = performance.now();
    c.set('log', log.child({ requestId: c.var.requestId }));
    await next();
    const seconds = (performance.now() - started) / 1000;
    const request = { method: c.req.method, route: routePath(c, -1), status: c.res.status };
    metrics.requestSeconds.observe(request, seconds);
    c.var.log.info(
      { ...request, userId: c.var.identity?.user.id, ms: Math.round(seconds * 1000) },
      'request',
    );
  };
}

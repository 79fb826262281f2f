import type { RouteConfig } from '@hono/zod-openapi';
import type { Handler, MiddlewareHandler } from 'hono';
import type { AppEnv } from '../app-env.ts';
import type { newRouter } from './new-router.ts';

/** A route of `createRoute`, as far as it is used here. */
interface RawRoute extends RouteConfig {
  middleware: MiddlewareHandler<AppEnv>[];
  getRoutingPath(): string;
}

/**
 * Adds a route whose body streams: it is described like every other one, but nothing reads the body
 * to check it.
 */
export function rawRoute(
  router: ReturnType<typeof newRouter>,
  route: RawRoute,
  handler: Handler<AppEnv>,
): void {
  const { middleware, ...described } = route;
  router.openAPIRegistry.registerPath(described);
  router.on([route.method.toUpperCase()], [route.getRoutingPath()], ...middleware, handler);
}

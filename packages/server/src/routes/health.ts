import { createRoute } from '@hono/zod-openapi';
import { Health, Readiness } from '@roto/sdk/contract';
import { sql } from 'kysely';
import type { AppDeps } from '../deps.ts';
import type { Metrics } from '../metrics.ts';
import { version } from '../version.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonReply } from './replies.ts';

const tags = ['Health'];

/** `/healthz`, `/readyz`, `/metrics`: for those who watch over the service. */
export function healthRoutes({ db }: Pick<AppDeps, 'db'>, metrics: Metrics) {
  const router = newRouter();

  router.openapi(
    createRoute({
      method: 'get',
      path: '/healthz',
      operationId: 'getHealth',
      summary: 'Does the process answer?',
      tags,
      responses: { 200: jsonReply(Health, 'It does.'), ...failures },
    }),
    (c) => c.json({ status: 'ok' as const, version }, 200),
  );

  router.openapi(
    createRoute({
      method: 'get',
      path: '/readyz',
      operationId: 'getReadiness',
      summary: 'Can it work?',
      tags,
      responses: {
        200: jsonReply(Readiness, 'It can.'),
        503: jsonReply(Readiness, 'Something it needs does not answer.'),
        ...failures,
      },
    }),
    async (c) => {
      const isUp = await sql`select 1`.execute(db).then(
        () => true,
        () => false,
      );
      return isUp
        ? c.json({ status: 'ready' as const, checks: { database: 'ok' as const } }, 200)
        : c.json({ status: 'not_ready' as const, checks: { database: 'failed' as const } }, 503);
    },
  );

  router.get('/metrics', async (c) =>
    c.body(await metrics.registry.metrics(), 200, { 'Content-Type': metrics.registry.contentType }),
  );

  return router;
}

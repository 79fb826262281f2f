import { createRoute, z } from '@hono/zod-openapi';
import { Estimate, EstimateQuery, idOf, Qualities } from '@roto/sdk/contract';
import { listWorkers } from '../db/queries/workers.ts';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { qualitiesOf } from '../services/abilities.ts';
import { estimateCost } from '../services/masks.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonReply } from './replies.ts';

const tags = ['Masks'];
const params = z.object({ id: idOf('video') });

/** What can be asked for, and what it would cost. */
export function estimateRoutes(deps: AppDeps) {
  const router = newRouter();

  router.openapi(
    createRoute({
      ...access('tasks:read'),
      method: 'get',
      path: '/api/qualities',
      operationId: 'listQualities',
      summary: 'Which qualities workers run now',
      tags,
      responses: { 200: jsonReply(Qualities, 'All qualities.'), ...failures },
    }),
    async (c) => c.json(qualitiesOf(await listWorkers(deps.db, deps.clock())), 200),
  );

  router.openapi(
    createRoute({
      ...access('videos:read'),
      method: 'get',
      path: '/api/videos/{id}/estimate-cost',
      operationId: 'estimateCost',
      summary: 'What masks of a video would cost',
      tags,
      request: { params, query: EstimateQuery },
      responses: { 200: jsonReply(Estimate, 'At most that much.'), ...failures },
    }),
    async (c) => {
      const { user } = identityOf(c);
      return c.json(
        await estimateCost(deps, user, c.req.valid('param').id, c.req.valid('query')),
        200,
      );
    },
  );

  return router;
}

import { createRoute, z } from '@hono/zod-openapi';
import { idOf, Result } from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { taskReport } from '../services/task-results.ts';
import { getTask } from '../services/tasks.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonReply } from './replies.ts';

const tags = ['Tasks'];
const params = z.object({ id: idOf('task') });

/** What runs of tasks said of themselves. */
export function reportRoutes(deps: AppDeps) {
  const router = newRouter();

  router.openapi(
    createRoute({
      ...access('tasks:read'),
      method: 'get',
      path: '/api/tasks/{id}/report',
      operationId: 'getReport',
      summary: 'What the run of a task said of itself: engine, device, scores by frame',
      description: 'Paths of outputs are relative, as in the list of results.',
      tags,
      request: { params },
      responses: { 200: jsonReply(Result, 'The document a local run prints.'), ...failures },
    }),
    async (c) => {
      const task = await getTask(deps, identityOf(c).user.id, c.req.valid('param').id);
      return c.json(await taskReport(deps, task), 200);
    },
  );

  return router;
}

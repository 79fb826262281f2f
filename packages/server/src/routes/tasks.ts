import { createRoute, z } from '@hono/zod-openapi';
import { idOf, isFinal, pageOf, Task, TasksQuery } from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { idempotency } from '../middleware/idempotency.ts';
import { cancelTask, getTask, listTaskPage, retryTask, toTaskInQueue } from '../services/tasks.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonReply } from './replies.ts';

const tags = ['Tasks'];
const params = z.object({ id: idOf('task') });
/** Seconds between two looks at a task, for those who do not follow its events. */
const paceSeconds = 2;

/** `/api/tasks`: how tasks go. */
export function taskRoutes(deps: AppDeps) {
  const router = newRouter();
  const write = access('tasks:write', { confirmed: true });
  const creating = { ...write, middleware: [...write.middleware, idempotency(deps)] };

  router.openapi(
    createRoute({
      ...access('tasks:read'),
      method: 'get',
      path: '/api/tasks',
      operationId: 'listTasks',
      summary: "One's own tasks, newest first",
      tags,
      request: { query: TasksQuery },
      responses: { 200: jsonReply(pageOf(Task), 'A page of tasks.'), ...failures },
    }),
    async (c) => c.json(await listTaskPage(deps, identityOf(c).user.id, c.req.valid('query')), 200),
  );

  router.openapi(
    createRoute({
      ...access('tasks:read'),
      method: 'get',
      path: '/api/tasks/{id}',
      operationId: 'getTask',
      summary: 'How a task goes',
      tags,
      request: { params },
      responses: { 200: jsonReply(Task, 'The task.'), ...failures },
    }),
    async (c) => {
      const task = await getTask(deps, identityOf(c).user.id, c.req.valid('param').id);
      if (!isFinal(task.status)) c.header('Retry-After', String(paceSeconds));
      return c.json(await toTaskInQueue(deps, task), 200);
    },
  );

  router.openapi(
    createRoute({
      ...access('tasks:write'),
      method: 'post',
      path: '/api/tasks/{id}/cancel',
      operationId: 'cancelTask',
      summary: 'Stop a task and get its credits back',
      tags,
      request: { params },
      responses: { 200: jsonReply(Task, 'It is cancelled.'), ...failures },
    }),
    async (c) =>
      c.json(await cancelTask(deps, identityOf(c).user.id, c.req.valid('param').id), 200),
  );

  router.openapi(
    createRoute({
      ...creating,
      method: 'post',
      path: '/api/tasks/{id}/retry',
      operationId: 'retryTask',
      summary: 'Let a task that failed or was cancelled wait again',
      tags,
      request: { params },
      responses: { 202: jsonReply(Task, 'It waits for a worker.'), ...failures },
    }),
    async (c) => c.json(await retryTask(deps, identityOf(c).user.id, c.req.valid('param').id), 202),
  );

  return router;
}

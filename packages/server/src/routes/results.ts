import { createRoute, z } from '@hono/zod-openapi';
import { idOf, PageQuery, pageOf, TaskEvent, TaskResult } from '@roto/sdk/contract';
import { makeZip } from 'client-zip';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { archivedFiles, requireCompleted, resultPage } from '../services/task-results.ts';
import { taskStream } from '../services/task-stream.ts';
import { getTask } from '../services/tasks.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonReply } from './replies.ts';

const tags = ['Tasks'];
const params = z.object({ id: idOf('task') });

/** What comes of a task: its events as they happen, and the files it made. */
export function resultRoutes(deps: AppDeps) {
  const router = newRouter();

  router.openapi(
    createRoute({
      ...access('tasks:read'),
      method: 'get',
      path: '/api/tasks/{id}/events',
      operationId: 'followTask',
      summary: 'Follow a task by server-sent events',
      description:
        'Begins with the state of the task, or after Last-Event-ID. Ends after a final status; asked again after that one it answers 204.',
      tags,
      request: { params },
      responses: {
        200: {
          description: 'Events, each with its id; a comment now and then where nothing happens.',
          content: { 'text/event-stream': { schema: TaskEvent } },
        },
        204: { description: 'There will be no more.' },
        ...failures,
      },
    }),
    async (c) => {
      const task = await getTask(deps, identityOf(c).user.id, c.req.valid('param').id);
      const signal = AbortSignal.any([c.req.raw.signal, deps.closing]);
      const after = /^\d{1,15}$/.exec(c.req.header('Last-Event-ID') ?? '')?.[0];
      const stream = await taskStream(deps, task, {
        after: after === undefined ? undefined : Number(after),
        signal,
      });
      if (stream === undefined) return c.body(null, 204);
      return c.body(stream, 200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-cache, no-transform',
        // nginx passes it on piece by piece.
        'X-Accel-Buffering': 'no',
      });
    },
  );

  router.openapi(
    createRoute({
      ...access('tasks:read'),
      method: 'get',
      path: '/api/tasks/{id}/results',
      operationId: 'listResults',
      summary: 'Files that a task made, in order of their paths',
      tags,
      request: { params, query: PageQuery },
      responses: { 200: jsonReply(pageOf(TaskResult), 'A page of files.'), ...failures },
    }),
    async (c) => {
      const task = await getTask(deps, identityOf(c).user.id, c.req.valid('param').id);
      return c.json(await resultPage(deps, task, c.req.valid('query')), 200);
    },
  );

  router.openapi(
    createRoute({
      ...access('tasks:read'),
      method: 'get',
      path: '/api/tasks/{id}/results.zip',
      operationId: 'downloadResults',
      summary: 'All files that a task made, as one archive',
      tags,
      request: { params },
      responses: {
        200: {
          description: 'The archive, made while it is sent.',
          content: { 'application/zip': { schema: z.string().meta({ format: 'binary' }) } },
        },
        ...failures,
      },
    }),
    async (c) => {
      const task = await getTask(deps, identityOf(c).user.id, c.req.valid('param').id);
      requireCompleted(task);
      return c.body(makeZip(zipEntries(deps, task)), 200, {
        'Content-Type': 'application/zip',
        'Content-Disposition': `attachment; filename="${task.id}.zip"`,
      });
    },
  );

  return router;
}

async function* zipEntries(deps: AppDeps, task: Parameters<typeof archivedFiles>[1]) {
  for await (const { path, size, madeAt, read } of archivedFiles(deps, task)) {
    yield { name: path, size, lastModified: madeAt, input: await read() };
  }
}

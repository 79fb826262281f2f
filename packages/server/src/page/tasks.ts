import { Readable } from 'node:stream';
import { idOf, RotoError } from '@roto/sdk/contract';
import { makeZip } from 'client-zip';
import { type Context, Hono } from 'hono';
import type { AppEnv } from '../app-env.ts';
import { findTaskClips, type TaskClip } from '../db/queries/task-clips.ts';
import type { TaskRow } from '../db/queries/tasks.ts';
import type { AppDeps } from '../deps.ts';
import { identityOf } from '../middleware/access.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { archivedFiles, requireCompleted, resultPage } from '../services/task-results.ts';
import { taskStream } from '../services/task-stream.ts';
import { cancelTask, getTask, retryTask, toTask } from '../services/tasks.ts';
import { contentTypeOf } from '../storage/keys.ts';
import { onPageFailure } from './page-failure.ts';
import { pageQuery } from './page-query.ts';
import { accountOf, sameOriginOnly } from './page-session.ts';
import { taskPage } from './task-page.ts';

type TaskContext = Context<AppEnv, '/tasks/:id'>;

const taskId = idOf('task');
const resultsAPage = 50;

/** `/tasks/{id}` and what lies below: a task of one's own, for browsers that are signed in. */
export function taskPages(deps: AppDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(onPageFailure);
  const limit = rateLimit({ name: 'task-pages', requests: 600, seconds: 60, by: 'address' });
  app.use('/tasks/*', limit, sameOriginOnly(deps), async (c, next) => {
    const account = await accountOf(deps, c);
    if (account === undefined) {
      return c.redirect(`/login?${new URLSearchParams({ to: c.req.path })}`, 303);
    }
    // The login of a page goes no further than its own routes, which ask for no scopes.
    c.set('identity', { user: account, scopes: new Set(), apiKeyId: undefined });
    c.header('Cache-Control', 'no-store');
    return next();
  });
  const own = (c: TaskContext) => getTask(deps, identityOf(c).user.id, taskIdOf(c));

  app.get('/tasks/:id', async (c) => {
    const row = await own(c);
    const account = identityOf(c).user;
    const cursor = c.req.query('cursor');
    const isDone = row.status === 'completed';
    const page = pageQuery(cursor, resultsAPage);
    const results = isDone ? await resultPage(deps, row, page) : undefined;
    const clip = await clipOf(deps, row);
    return c.html(taskPage({ account, task: toTask(row), clip, results, cursor }));
  });

  app.post('/tasks/:id/cancel', async (c) => {
    const { id } = await cancelTask(deps, identityOf(c).user.id, taskIdOf(c));
    return c.redirect(`/tasks/${id}`, 303);
  });

  app.post('/tasks/:id/retry', async (c) => {
    const { id } = await retryTask(deps, identityOf(c).user.id, taskIdOf(c));
    return c.redirect(`/tasks/${id}`, 303);
  });

  app.get('/tasks/:id/events', async (c) => {
    const signal = AbortSignal.any([c.req.raw.signal, deps.closing]);
    const after = /^\d{1,15}$/.exec(c.req.header('Last-Event-ID') ?? '')?.[0];
    const stream = await taskStream(deps, await own(c), {
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
  });

  app.get('/tasks/:id/thumbnail', async (c) => {
    const clip = await clipOf(deps, await own(c));
    const key = clip?.thumbnail_key;
    if (key == null) throw new RotoError('not_found', 'This task has no picture.');
    return c.body(webStream(await deps.storage.get(key)), 200, {
      'Content-Type': contentTypeOf(key),
      'Cache-Control': 'private, max-age=3600',
    });
  });

  app.get('/tasks/:id/results.zip', async (c) => {
    const task = await own(c);
    requireCompleted(task);
    return c.body(makeZip(archive(deps, task)), 200, {
      'Content-Type': 'application/zip',
      'Content-Disposition': `attachment; filename="${task.id}.zip"`,
    });
  });
  return app;
}

/** @throws RotoError `not_found` where it cannot be the id of one */
function taskIdOf(c: TaskContext): string {
  const { success, data } = taskId.safeParse(c.req.param('id'));
  if (success) return data;
  throw new RotoError('not_found', 'There is no such task.');
}

async function clipOf({ db }: Pick<AppDeps, 'db'>, task: TaskRow): Promise<TaskClip | undefined> {
  if (task.video_id === null) return undefined;
  return (await findTaskClips(db, task.user_id, [task.video_id])).get(task.video_id);
}

async function* archive(deps: AppDeps, task: TaskRow) {
  for await (const { path, size, madeAt, read } of archivedFiles(deps, task)) {
    yield { name: path, size, lastModified: madeAt, input: await read() };
  }
}

function webStream(readable: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  // biome-ignore lint/plugin: Node types its own web streams apart from those of the platform
  return Readable.toWeb(readable) as unknown as ReadableStream<Uint8Array<ArrayBuffer>>;
}

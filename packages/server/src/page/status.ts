import { Hono } from 'hono';
import type { AppEnv } from '../app-env.ts';
import { findTaskClips } from '../db/queries/task-clips.ts';
import type { UserRow } from '../db/queries/users.ts';
import type { AppDeps } from '../deps.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { reportStorage } from '../services/storage-space.ts';
import { listTaskPage } from '../services/tasks.ts';
import { onPageFailure } from './page-failure.ts';
import { pageQuery } from './page-query.ts';
import { accountOf } from './page-session.ts';
import { serviceStatus } from './service-status.ts';
import { type OwnPart, statusPage } from './status-page.ts';

type Deps = Pick<AppDeps, 'config' | 'db' | 'clock' | 'log'>;

/** `/`: how the service does, and after a login one's own tasks. */
export function statusPages(deps: Deps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(onPageFailure);
  app.use('/', rateLimit({ name: 'status', requests: 600, seconds: 60, by: 'address' }));
  app.get('/', async (c) => {
    c.header('Cache-Control', 'no-store');
    const status = await serviceStatus(deps);
    if (status === undefined) return c.html(statusPage(undefined, undefined), 503);
    const account = await accountOf(deps, c);
    const own =
      account === undefined ? undefined : await ownPart(deps, account, c.req.query('cursor'));
    return c.html(statusPage(status, own));
  });
  return app;
}

const tasksAPage = 20;

async function ownPart(deps: Deps, account: UserRow, cursor: string | undefined): Promise<OwnPart> {
  const page = await listTaskPage(deps, account.id, pageQuery(cursor, tasksAPage));
  const videoIds = page.data.flatMap(({ video_id }) => (video_id === null ? [] : [video_id]));
  const clips = await findTaskClips(deps.db, account.id, videoIds);
  return {
    account,
    storage: await reportStorage(deps, account),
    metered: deps.config.credits,
    tasks: page.data.map((task) => ({ task, clip: clips.get(task.video_id ?? '') })),
    cursor,
    nextCursor: page.nextCursor,
  };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { installQueue } from '../../src/jobs/queue.ts';
import { createLog } from '../../src/log.ts';
import { openService } from '../../src/open-service.ts';
import { testPostgresUrl } from './databases.ts';
import { signIn } from './sign-in.ts';

/** The service on a Postgres that workers can reach too, without a worker of its own. */
export async function startOnPostgres() {
  const url = await testPostgresUrl();
  const database = openPostgres(url);
  await migrate(database.db);
  await installQueue(database);
  const data = await mkdtemp(join(tmpdir(), 'roto-workers-'));
  const service = await openService(database, {
    config: readConfig({ DATABASE_URL: url }, { data }),
    clock: () => new Date(),
    log: createLog('silent'),
    ownOrigin: () => 'http://roto.test',
  });
  onTestFinished(async () => {
    await service.close();
    await rm(data, { recursive: true, force: true });
  });
  const { token, userId } = await signIn(service.deps);
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const get = async (path: string) => (await service.app.request(path, { headers })).json();
  const post = (path: string, json: unknown) =>
    service.app.request(path, { method: 'POST', headers, body: JSON.stringify(json) });
  return { ...service, url, data, userId, get, post };
}

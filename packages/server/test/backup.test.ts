import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { pageOf, Task, Video } from '@roto/sdk/contract';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { type Environment, readConfig } from '../src/config.ts';
import { migrate } from '../src/db/migrate.ts';
import { inTransaction } from '../src/db/transaction.ts';
import type { Db } from '../src/db/types.ts';
import { installQueue } from '../src/jobs/queue.ts';
import { createLog } from '../src/log.ts';
import { openDatabase, openService, type Service } from '../src/open-service.ts';
import { grant } from '../src/services/ledger.ts';
import type { Storage } from '../src/storage/storage.ts';
import { testPostgresUrl } from './support/databases.ts';
import { postgresPrograms } from './support/postgres-server.ts';
import { makeClip } from './support/ready-video.ts';
import { insertWorker } from './support/rows.ts';
import { s3Env, startS3 } from './support/s3-server.ts';
import { type SignedIn, signIn } from './support/signed-in.ts';

const run = promisify(execFile);
const log = createLog('silent');

/** Runs a command as `deploy/README.md` has it, found by how it begins. */
async function runFromReadme(begins: string, cwd: string, env: Environment): Promise<void> {
  const text = await readFile(new URL('../deploy/README.md', import.meta.url), 'utf8');
  const line = text.split('\n').find((one) => one.startsWith(begins));
  if (line === undefined) throw new Error(`deploy/README.md has no ${begins}.`);
  const path = [await postgresPrograms(), process.env['PATH']].join(delimiter);
  await run('sh', ['-ec', line], { cwd, env: { ...process.env, ...env, PATH: path } });
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'roto-backup-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The service on what the environment names, closed after the test if not before. */
async function open(env: Environment): Promise<Service> {
  const config = readConfig(env);
  const database = await openDatabase(config, log);
  await migrate(database.db);
  await installQueue(database);
  const ownOrigin = () => 'http://roto.test';
  const service = await openService(database, {
    config,
    clock: systemClock,
    log,
    ownOrigin,
    work: false,
  });
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= service.close());
  onTestFinished(close);
  return { ...service, close };
}

/** Uploads a clip and asks for its mattes, which nobody makes. */
async function fill({ deps }: Service, account: SignedIn) {
  await inTransaction(deps.db, (trx) => grant(trx, deps, { userId: account.userId, credits: 50 }));
  await insertWorker(deps);
  const { path, click } = await makeClip();
  const body = new FormData();
  body.set('file', await openAsBlob(path), 'clip.mp4');
  const reply = await account.send('POST', '/api/videos/upload', { body });
  const video = await account.settled(Video.parse(await reply.json()).id);
  const json = { points: { positive: [click], negative: [] }, quality: 'draft' };
  const asked = await account.as('POST', `/api/videos/${video.id}/generate-masks`, { json });
  expect(asked.status).toBe(202);
  return { video, task: Task.parse(await asked.json()) };
}

/** Every row that roto keeps, by table. */
async function rowsOf(db: Db): Promise<Record<string, unknown>> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`.execute(db);
  const all: Record<string, unknown> = {};
  for (const { name } of rows) {
    const found = await sql<{ row: string }>`
      select to_jsonb(t)::text as row from ${sql.table(name)} as t order by 1`.execute(db);
    all[name] = found.rows.map(({ row }) => row);
  }
  return all;
}

/** SHA-256 of every object, by key. */
async function objectsOf(storage: Storage): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for await (const { key } of storage.list('')) {
    const bytes = await buffer(await storage.get(key));
    all[key] = createHash('sha256').update(bytes).digest('hex');
  }
  return all;
}

/** The same requests by the same key find what was there, and what waited still waits. */
async function expectRestored(
  { app, deps }: Service,
  { token }: SignedIn,
  { video, task }: Awaited<ReturnType<typeof fill>>,
): Promise<void> {
  const as = (method: string, path: string) =>
    app.request(path, { method, headers: { Authorization: `Bearer ${token}` } });
  const videos = pageOf(Video).parse(await (await as('GET', '/api/videos')).json());
  expect(videos.data.map(({ id }) => id)).toEqual([video.id]);
  expect(await deps.queue.boss.getQueueStats('run-task')).toMatchObject([{ queuedCount: 1 }]);
  const cancelled = Task.parse(await (await as('POST', `/api/tasks/${task.id}/cancel`)).json());
  expect(cancelled.status).toBe('cancelled');
}

describe('a backup', () => {
  it('of the embedded database and the folder brings everything back', async () => {
    const [data, other, at] = [await makeFolder(), await makeFolder(), await makeFolder()];
    const service = await open({ ROTO_DATA: data });
    const account = await signIn(service);
    const kept = await fill(service, account);
    const { db, storage } = service.deps;
    const [rows, objects] = [await rowsOf(db), await objectsOf(storage)];
    await service.close();
    await runFromReadme('tar -c', at, { ROTO_DATA: data });
    await rm(data, { recursive: true });
    await runFromReadme('tar -x', at, { ROTO_DATA: other });
    const restored = await open({ ROTO_DATA: other });
    expect(await rowsOf(restored.deps.db)).toEqual(rows);
    expect(await objectsOf(restored.deps.storage)).toEqual(objects);
    await expectRestored(restored, account, kept);
  });

  it('of Postgres and a bucket, made while the service runs, brings everything back', async () => {
    const [data, at] = [await makeFolder(), await makeFolder()];
    const home = async () => ({
      ROTO_DATA: data,
      DATABASE_URL: await testPostgresUrl(),
      ...s3Env(await startS3()),
    });
    const lost = await home();
    const service = await open(lost);
    const account = await signIn(service);
    const kept = await fill(service, account);
    const { db, storage } = service.deps;
    const [rows, objects] = [await rowsOf(db), await objectsOf(storage)];
    await runFromReadme('pg_dump', at, lost);
    const other = await home();
    await runFromReadme('pg_restore', at, other);
    const restored = await open(other);
    // What `aws s3 sync` does.
    for (const key of Object.keys(objects)) {
      await restored.deps.storage.put(key, await storage.get(key));
    }
    await service.close();
    expect(await rowsOf(restored.deps.db)).toEqual(rows);
    expect(await objectsOf(restored.deps.storage)).toEqual(objects);
    await expectRestored(restored, account, kept);
  });
});

import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreditMovement, pageOf, Qualities, Task, TokenPair, Video } from '@roto/sdk/contract';
import { sql } from 'kysely';
import { expect, it, onTestFinished, vi } from 'vitest';
import { inTransaction } from '../src/db/transaction.ts';
import type { Db } from '../src/db/types.ts';
import { createLog } from '../src/log.ts';
import { openNews } from '../src/services/news.ts';
import { openTestDatabase, testPostgres } from './support/databases.ts';
import { madeMovie } from './support/made-clips.ts';
import { mailsIn, tokenOf } from './support/mails.ts';
import { addReadyVideo, makeClip } from './support/ready-video.ts';
import { insertVideo, insertWorker } from './support/rows.ts';
import { startServeProcess } from './support/serve-process.ts';
import { signIn } from './support/sign-in.ts';
import { startSignedIn } from './support/signed-in.ts';
import { startApp } from './support/start-app.ts';
import { startOnPostgres } from './support/start-on-postgres.ts';
import { startWorker } from './support/start-worker.ts';

const points = { positive: [[320, 180]] };
const slow = { timeout: 90_000, interval: 200 };
const patient = { timeout: 30_000, interval: 50 };

/** How many answers wait to be kept. */
async function waiting(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from pg_stat_activity
    where wait_event_type = 'Lock' and datname = current_database()
      and query like 'update "idempotency_keys"%'`.execute(db);
  return Number(rows[0]?.count);
}

/**
 * Sends a request of an account, and ends the database where its answer is to be kept: the account is
 * held until the request has its key, so that nothing is done before that key is held too.
 */
async function loseAnswer(db: Db, userId: string, request: () => Promise<Response>): Promise<void> {
  const keyRow = () => db.selectFrom('idempotency_keys').selectAll();
  const account = await db.startTransaction().execute();
  await account.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute();
  const lost = request();
  await vi.waitFor(async () => expect(await keyRow().execute()).toHaveLength(1), patient);
  const key = await db.startTransaction().execute();
  await key.selectFrom('idempotency_keys').select('key').forUpdate().execute();
  await account.rollback().execute();
  await vi.waitFor(async () => expect(await waiting(db)).toBe(1), patient);
  await (await testPostgres()).restart();
  expect((await lost).status).toBeGreaterThanOrEqual(500);
  await key
    .rollback()
    .execute()
    .catch(() => undefined);
}

it('makes one task of a request whose answer was lost with the database, and charges it once', async () => {
  const app = await startApp({ kind: 'postgres' });
  const { ask, deps } = app;
  const { token, userId } = await signIn(deps);
  await insertWorker(deps);
  const videoId = await insertVideo(deps, userId);
  const headers = { 'Idempotency-Key': 'once' };
  const generate = () =>
    ask('POST', `/api/videos/${videoId}/generate-masks`, { token, headers, json: { points } });
  await loseAnswer(deps.db, userId, generate);

  app.advance(11 * 60);
  const said = await vi.waitFor(async () => {
    await insertWorker(deps);
    const reply = await generate();
    if (reply.status !== 202) throw new Error(await reply.text());
    return Task.parse(await reply.json());
  }, patient);
  expect(Task.parse(await (await generate()).json()).id).toBe(said.id);
  const tasks = await deps.db.selectFrom('tasks').select('id').execute();
  expect(tasks).toEqual([{ id: said.id }]);
});

it('makes one video of a form whose answer was lost with the database', async () => {
  const app = await startSignedIn({ kind: 'postgres' });
  const { db } = app.deps;
  // The same bytes again, boundary and all.
  const form = new Response(
    [
      '--cut',
      'Content-Disposition: form-data; name="file"; filename="a.mp4"',
      '',
      'no movie',
      '--cut--',
      '',
    ].join('\r\n'),
  );
  const body = new Uint8Array(await form.arrayBuffer());
  const headers = {
    'Content-Type': 'multipart/form-data; boundary=cut',
    'Content-Length': String(body.length),
    'Idempotency-Key': 'once',
  };
  const upload = () => app.send('POST', '/api/videos/upload', { headers, body });
  await loseAnswer(db, app.userId, upload);

  app.advance(11 * 60);
  const said = await vi.waitFor(async () => {
    const reply = await upload();
    if (reply.status !== 201) throw new Error(await reply.text());
    return Video.parse(await reply.json());
  }, patient);
  expect(said.sha256).not.toBeNull();
  // What was begun and not ended is swept later, if its end could not be written.
  const ended = db.selectFrom('uploads').select('video_id').where('status', '=', 'completed');
  expect(await ended.execute()).toEqual([{ video_id: said.id }]);
});

it('hears of news again after the database was away, and survives it in a transaction', async () => {
  const { db, ...database } = await openTestDatabase('postgres');
  const news = await openNews({ db, ...database }, 'test_news', createLog('silent'));
  onTestFinished(() => news.close());
  const broken = inTransaction(db, async (trx) => {
    await sql`select 1`.execute(trx);
    await (await testPostgres()).restart();
    await sql`select 1`.execute(trx);
  });
  await expect(broken).rejects.toThrow();
  const told = news.follow('topic');
  await vi.waitFor(async () => {
    await sql`select pg_notify('test_news', 'topic')`.execute(db);
    expect(await told.next(100)).toBe(true);
  }, patient);
});

it('shows previews and runs tasks again after the database was away, with nothing started anew', async () => {
  const { deps, url, data, userId, get, post } = await startOnPostgres();
  const { path, click } = await makeClip(4);
  const videoId = await addReadyVideo(deps, userId, path, 4);
  const worker = await startWorker(url, data);
  const preview = () =>
    post(`/api/videos/${videoId}/preview-mask`, { points: { positive: [click] } });
  await vi.waitFor(async () => expect((await preview()).status).toBe(200), slow);
  await (await testPostgres()).restart();
  await vi.waitFor(async () => expect((await preview()).status).toBe(200), slow);
  const engine = { name: 'lite', quality: 'draft', inputSize: 256 };
  const objects = [
    {
      id: 1,
      name: 'hero',
      prompts: [{ frame: 0, points: [{ x: click[0], y: click[1], label: 'positive' }] }],
    },
  ];
  const shot = { schema: 'roto.shot/1', source: { path: 'clip' }, objects, engine };
  const started = await post(`/api/videos/${videoId}/generate-masks`, {
    shot: { ...shot, outputs: [{ format: 'png8' }] },
  });
  const { id } = Task.parse(await started.json());
  await vi.waitFor(
    async () => expect(Task.parse(await get(`/api/tasks/${id}`)).status).toBe('completed'),
    slow,
  );
  expect(await worker.end('SIGTERM')).toBe(0);
}, 240_000);

it('loses and doubles nothing where the process is killed while it works on requests', async () => {
  const made = await madeMovie('mp4', { frames: 50, size: '320x240' });
  let service = await startServeProcess({ ROTO_LOG_LEVEL: 'info' });
  const { data } = service;
  onTestFinished(async () => {
    await service.kill();
    await rm(data, { recursive: true, force: true });
  });
  const again = async () => {
    await service.kill();
    service = await startServeProcess({}, data);
  };
  const call = (path: string, init: RequestInit = {}, token?: string) =>
    fetch(`${service.origin}${path}`, {
      ...init,
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...Object.fromEntries(new Headers(init.headers)),
      },
    });
  const post = (path: string, json: object, token?: string, headers: object = {}) =>
    call(
      path,
      {
        method: 'POST',
        body: JSON.stringify(json),
        headers: { 'Content-Type': 'application/json', ...headers },
      },
      token,
    );
  const account = { email: 'ada@example.com', password: 'correct horse battery' };
  await post('/api/auth/register', account);
  await post(`/api/auth/confirm/${tokenOf((await mailsIn(data, 1))[0])}`, {});
  const { accessToken } = TokenPair.parse(await (await post('/api/auth/login', account)).json());

  const tus = { 'Tus-Resumable': '1.0.0' };
  const begun = await call(
    '/api/uploads',
    { method: 'POST', headers: { ...tus, 'Upload-Length': String(made.bytes.length) } },
    accessToken,
  );
  const upload = begun.headers.get('Location') ?? '';
  const videoId = begun.headers.get('Roto-Video-Id') ?? '';
  const piece = (from: number, body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>) =>
    call(
      upload,
      {
        method: 'PATCH',
        body,
        duplex: 'half',
        headers: {
          ...tus,
          'Upload-Offset': String(from),
          'Content-Type': 'application/offset+octet-stream',
        },
      },
      accessToken,
    );
  const half = Math.floor(made.bytes.length / 2);
  const stuck = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(made.bytes.subarray(0, half))),
  });
  const broken = piece(0, stuck).catch((error: unknown) => error);
  await sleep(300);
  await again();
  expect(await broken).toBeInstanceOf(Error);
  const head = await call(upload, { method: 'HEAD', headers: tus }, accessToken);
  const offset = Number(head.headers.get('Upload-Offset'));
  expect(offset).toBe(half);
  const rest = await piece(offset, new Uint8Array(made.bytes.subarray(offset)));
  expect(rest.status).toBe(204);
  await vi.waitFor(async () => {
    const video = Video.parse(await (await call(`/api/videos/${videoId}`, {}, accessToken)).json());
    expect(video).toMatchObject({ status: 'ready', sha256: made.sha256 });
  }, slow);

  // Nobody can run it yet, or somebody does already: either way it is there once.
  const keys = ['a', 'b', 'c'];
  for (const [index, key] of keys.entries()) {
    const generate = () =>
      post(
        `/api/videos/${videoId}/generate-masks`,
        { points: { positive: [[160, 120]] }, range: { first: 0, last: 1 } },
        accessToken,
        { 'Idempotency-Key': key },
      );
    await vi.waitFor(async () => {
      const said = Qualities.parse(await (await call('/api/qualities', {}, accessToken)).json());
      expect(said.qualities[0]?.available).toBe(true);
    }, slow);
    const lost = generate().catch((error: unknown) => error);
    await sleep(8 * index);
    await again();
    await lost;
    await vi.waitFor(async () => {
      const reply = await generate();
      if (reply.status !== 202) throw new Error(await reply.text());
    }, slow);
  }
  const tasks = pageOf(Task).parse(await (await call('/api/tasks', {}, accessToken)).json()).data;
  expect(tasks).toHaveLength(keys.length);
  const ledger = await call('/api/credits/ledger?limit=100', {}, accessToken);
  const movements = pageOf(CreditMovement).parse(await ledger.json()).data;
  expect(movements.filter(({ kind }) => kind === 'reserve')).toHaveLength(keys.length);
}, 240_000);

import { ApiErrorBody, Estimate, pageOf, Qualities, Result, Task } from '@roto/sdk/contract';
import { describe, expect, it } from 'vitest';
import type { Database } from '../src/db/database.ts';
import { countRunning } from '../src/db/queries/tasks.ts';
import type { AppDeps } from '../src/deps.ts';
import { takeLease } from '../src/jobs/leases.ts';
import { sweepTasks } from '../src/services/sweep-tasks.ts';
import { beginTask, completeTask, failTask, handTaskBack } from '../src/services/task-run.ts';
import { tiers } from '../src/services/tiers.ts';
import { databaseKinds } from './support/databases.ts';
import { readEvents } from './support/read-events.ts';
import { insertVideo, insertWorker } from './support/rows.ts';
import { signIn } from './support/sign-in.ts';
import { startApp, type TestApp } from './support/start-app.ts';

const points = { positive: [[320, 180]] };

function generate(app: TestApp, token: string, videoId: string, more: object = {}) {
  return app.ask('POST', `/api/videos/${videoId}/generate-masks`, {
    token,
    json: { points, ...more },
  });
}

async function prepare(kind: Database['kind'], credits = 100, seconds = 1) {
  const app = await startApp({ kind });
  const account = await signIn(app.deps, credits);
  const workerId = await insertWorker(app.deps);
  const videoId = await insertVideo(app.deps, account.userId, seconds);
  return { app, ...account, workerId, videoId };
}

async function taskOf(reply: Response | Promise<Response>): Promise<Task> {
  const { status, text } = await Promise.resolve(reply).then(async (it) => ({
    status: it.status,
    text: await it.text(),
  }));
  if (status >= 300) throw new Error(`${status}: ${text}`);
  return Task.parse(JSON.parse(text));
}

async function errorOf(reply: Response) {
  return ApiErrorBody.parse(await reply.json()).error;
}

async function creditsOf({ db }: AppDeps, userId: string) {
  const { user_credits, reserved_credits } = await db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', userId)
    .executeTakeFirstOrThrow();
  return { available: user_credits, reserved: reserved_credits };
}

describe.each(databaseKinds)('tasks on %s', (kind) => {
  it('accepts exactly as many of 200 requests at a time as the credits pay for', async () => {
    const { app, token, userId, videoId } = await prepare(kind, 50);
    const all = Array.from({ length: 200 }, () => generate(app, token, videoId));
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(50);
    expect(statuses.filter((status) => status === 402)).toHaveLength(150);
    expect(await creditsOf(app.deps, userId)).toEqual({ available: 0, reserved: 50 });
    expect(await app.deps.queue.boss.findJobs('run-task')).toHaveLength(50);
  });

  it('gives the credits of a cancelled task back once, and takes its job out of the queue', async () => {
    const { app, token, userId, videoId } = await prepare(kind);
    const { id } = await taskOf(generate(app, token, videoId));
    const pace = async () =>
      (await app.ask('GET', `/api/tasks/${id}`, { token })).headers.get('Retry-After');
    expect(await pace()).toBe('2');
    const following = readEvents(await app.ask('GET', `/api/tasks/${id}/events`, { token }));
    for (let count = 0; count < 2; count += 1) {
      const reply = await app.ask('POST', `/api/tasks/${id}/cancel`, { token });
      expect((await taskOf(reply)).status).toBe('cancelled');
    }
    expect(await creditsOf(app.deps, userId)).toEqual({ available: 100, reserved: 0 });
    expect(await takeLease(app.deps.queue, [])).toBeUndefined();
    expect(await pace()).toBeNull();
    // Whether it is told of as pending before depends on which of the two requests comes first.
    const told = (await following).map(({ data }) => data.status);
    expect(told.filter((status) => status !== 'pending')).toEqual(['cancelled']);
    expect(told.at(-1)).toBe('cancelled');
    const retried = await app.ask('POST', `/api/tasks/${id}/retry`, { token });
    expect(retried.status).toBe(202);
    expect(await creditsOf(app.deps, userId)).toEqual({ available: 99, reserved: 1 });
    expect(await takeLease(app.deps.queue, [])).toMatchObject({ taskId: id, retriesLeft: 3 });
  });

  it('lets accounts take turns, so that a hundred tasks of one do not starve the one of another', async () => {
    const { app, token, videoId } = await prepare(kind);
    for (let count = 0; count < 20; count += 1) await generate(app, token, videoId);
    const { deps } = app;
    const other = await signIn(deps);
    const last = await generate(app, other.token, await insertVideo(deps, other.userId));
    const { id } = await taskOf(last);
    const run = { workerId: 'wrk_any', device: 'cpu' };
    const taken: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      const lease = await takeLease(deps.queue, []);
      if (lease === undefined) throw new Error('nothing waits');
      await beginTask(deps, { lease, workerId: run.workerId }, run.device);
      taken.push(lease.taskId);
    }
    expect(taken.indexOf(id)).toBe(1);
  });

  it('hands a task back without an attempt used up, and charges it once when it is done', async () => {
    const { app, token, userId, workerId, videoId } = await prepare(kind);
    const { deps, ask } = app;
    const { id } = await taskOf(generate(app, token, videoId));
    const take = async () => {
      const lease = await takeLease(deps.queue, []);
      if (lease === undefined) throw new Error('nothing waits');
      return { lease, workerId };
    };
    const first = await take();
    await beginTask(deps, first, 'cpu');
    await handTaskBack(deps, first);
    const waiting = await taskOf(ask('GET', `/api/tasks/${id}`, { token }));
    expect(waiting).toMatchObject({ status: 'pending', attempts: 0 });
    const second = await take();
    expect(second.lease.retriesLeft).toBe(3);
    expect(await beginTask(deps, second, 'cpu')).toMatchObject({ attempts: 1 });
    const report = Result.parse({
      schema: 'roto.result/1',
      clip: {
        path: videoId,
        width: 9,
        height: 9,
        rate: { num: 24, den: 1 },
        firstFrame: 0,
        lastFrame: 0,
      },
      engine: 'lite',
      model: { id: 'mobilesam', sha256: 'ab' },
      device: 'cpu',
      track: 'trk_1',
      objects: [],
      outputs: [],
      timings: {},
      warnings: [],
    });
    const outcome = { device: 'cpu', report, results: [], track: { prefix: 'x/', files: [] } };
    // The first worker comes late: it has the task no more.
    expect(await completeTask(deps, first, outcome)).toBe(false);
    expect(await completeTask(deps, second, outcome)).toBe(true);
    expect(await completeTask(deps, second, outcome)).toBe(false);
    const told = await ask('GET', `/api/tasks/${id}/report`, { token });
    expect(await told.json()).toEqual(report);
    expect(await creditsOf(deps, userId)).toEqual({ available: 99, reserved: 0 });
  });

  it('tries again what may go better, and shows why it was given up', async () => {
    const { app, token, userId, workerId, videoId } = await prepare(kind);
    const { deps, ask } = app;
    const { id } = await taskOf(generate(app, token, videoId));
    const lease = await takeLease(deps.queue, []);
    if (lease === undefined) throw new Error('nothing waits');
    const run = { lease, workerId };
    await beginTask(deps, run, 'cpu');
    const reason = { code: 'engine_failed', message: 'It broke.', isFinal: false };
    await failTask(deps, run, reason);
    const waiting = await taskOf(ask('GET', `/api/tasks/${id}`, { token }));
    expect(waiting).toMatchObject({ status: 'pending', attempts: 1, error_message: 'It broke.' });
    const [job] = await deps.queue.boss.findJobs('run-task', { id: lease.jobId });
    expect(job).toMatchObject({ state: 'retry' });
    const last = { ...run, lease: { ...lease, retriesLeft: 0 } };
    await deps.db.updateTable('tasks').set({ status: 'processing', worker_id: workerId }).execute();
    await failTask(deps, last, { ...reason, message: 'It broke again.' });
    const given = await taskOf(ask('GET', `/api/tasks/${id}`, { token }));
    expect(given).toMatchObject({ status: 'failed', error_message: 'It broke again.' });
    expect(await creditsOf(deps, userId)).toEqual({ available: 100, reserved: 0 });
  });

  it('fails a task that no living worker could run for a quarter of an hour', async () => {
    const { app, token, userId, videoId } = await prepare(kind);
    const { id } = await taskOf(generate(app, token, videoId));
    app.advance(14 * 60);
    await sweepTasks(app.deps);
    const waiting = await app.deps.db.selectFrom('tasks').select(['id', 'status']).execute();
    expect(waiting).toEqual([{ id, status: 'pending' }]);
    app.advance(2 * 60);
    await sweepTasks(app.deps);
    const task = await app.deps.db.selectFrom('tasks').selectAll().executeTakeFirst();
    expect(task).toMatchObject({ status: 'failed', error_code: 'model_unavailable' });
    expect(await creditsOf(app.deps, userId)).toEqual({ available: 100, reserved: 0 });
  });
});

it('refuses at once what no living worker can run, and says what to install', async () => {
  const { app, token, videoId } = await prepare('pglite');
  const refused = await generate(app, token, videoId, { quality: 'standard' });
  expect(refused.status).toBe(409);
  expect(await errorOf(refused)).toMatchObject({
    code: 'model_unavailable',
    message: expect.stringContaining('roto models pull sam2.1-small'),
  });
  await insertWorker(app.deps, ['mobilesam', 'sam2.1-small']);
  const accepted = await generate(app, token, videoId, { quality: 'standard' });
  expect(await taskOf(accepted)).toMatchObject({ model: 'sam2.1-small' });
  const reply = await app.ask('GET', '/api/qualities', { token });
  const { qualities, workers } = Qualities.parse(await reply.json());
  expect(workers).toBe(2);
  expect(qualities.filter(({ available }) => available).map(({ quality }) => quality)).toEqual([
    'draft',
    'standard',
  ]);
  app.advance(60);
  const { token: later } = await signIn(app.deps);
  const gone = Qualities.parse(
    await (await app.ask('GET', '/api/qualities', { token: later })).json(),
  );
  expect(gone.workers).toBe(0);
});

it('refuses what is wrong with a request, before anything is reserved', async () => {
  const { app, token, userId, videoId } = await prepare('pglite');
  const shot = {
    schema: 'roto.shot/1',
    source: { path: 'x' },
    objects: [
      { id: 1, name: 'a', prompts: [{ frame: 0, points: [{ x: 1, y: 1, label: 'positive' }] }] },
    ],
  };
  const [object] = shot.objects;
  const cases: [object, string][] = [
    [{ points: undefined }, 'prompt_missing'],
    [{ points: { positive: [[641, 1]] } }, 'prompt_outside_picture'],
    [{ frame: 24 }, 'frame_out_of_range'],
    [{ range: { first: 5, last: 24 } }, 'frame_out_of_range'],
    [{ shot: { ...shot, engine: { model: '/etc/model.pt' } } }, 'invalid_shot'],
    [
      { shot: { ...shot, objects: [{ ...object, prompts: [{ frame: 0, mask: '/etc/passwd' }] }] } },
      'invalid_shot',
    ],
    [{ shot: { schema: 'roto.shot/2' } }, 'invalid_shot'],
    [{ quality: 'max' }, 'forbidden'],
    [{ outputs: ['gif'] }, 'invalid_argument'],
  ];
  for (const [more, code] of cases) {
    const { code: said } = await errorOf(await generate(app, token, videoId, more));
    expect(said, JSON.stringify(more)).toBe(code);
  }
  await app.deps.db.updateTable('videos').set({ status: 'processing' }).execute();
  expect((await errorOf(await generate(app, token, videoId))).code).toBe('video_not_ready');
  expect(await creditsOf(app.deps, userId)).toEqual({ available: 100, reserved: 0 });
});

it('refuses results that would not fit the storage of the account', async () => {
  const { app, token, userId } = await prepare('pglite', 10_000);
  const long = await insertVideo(app.deps, userId, 3600);
  const reply = await generate(app, token, long, { outputs: ['rgba'] });
  expect(reply.status).toBe(402);
  const { message } = await errorOf(reply);
  expect(message).toContain(`room for ${tiers.free.storageBytes}`);
});

it('reserves no more than it estimated, nothing where nothing is metered, and once for one key', async () => {
  const { app, token, userId, videoId } = await prepare('pglite', 100, 31);
  const asked = await app.ask('GET', `/api/videos/${videoId}/estimate-cost?quality=draft`, {
    token,
  });
  const estimate = Estimate.parse(await asked.json());
  expect(estimate).toMatchObject({ frames: 31 * 24, seconds: 31, credits: 4 });
  const headers = { 'Idempotency-Key': 'once' };
  const request = () =>
    app.ask('POST', `/api/videos/${videoId}/generate-masks`, { token, headers, json: { points } });
  const first = await taskOf(request());
  expect((await taskOf(request())).id).toBe(first.id);
  expect(await creditsOf(app.deps, userId)).toEqual({ available: 96, reserved: 4 });
  const free = await startApp({ env: { ROTO_CREDITS: 'off' } });
  const poor = await signIn(free.deps, 0);
  await insertWorker(free.deps);
  const video = await insertVideo(free.deps, poor.userId, 31);
  expect((await generate(free, poor.token, video)).status).toBe(202);
});

it('shows an account its own tasks only, page by page', async () => {
  const { app, token, videoId } = await prepare('pglite');
  for (let count = 0; count < 3; count += 1) await generate(app, token, videoId);
  const other = await signIn(app.deps);
  const list = async (query: string, as = token) => {
    const reply = await app.ask('GET', `/api/tasks?${query}`, { token: as });
    return pageOf(Task).parse(await reply.json());
  };
  const first = await list('limit=2');
  const second = await list(`limit=2&cursor=${first.nextCursor}`);
  const ids = [...first.data, ...second.data].map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  expect(second.nextCursor).toBeNull();
  expect((await list('status=completed')).data).toEqual([]);
  expect((await list('', other.token)).data).toEqual([]);
  for (const [method, end] of [
    ['GET', ''],
    ['GET', '/events'],
    ['GET', '/results'],
    ['POST', '/cancel'],
  ]) {
    const reply = await app.ask(method ?? '', `/api/tasks/${ids[0]}${end}`, { token: other.token });
    expect(reply.status, end).toBe(404);
  }
  expect((await app.ask('GET', `/api/tasks/${ids[0]}/results`, { token })).status).toBe(409);
  expect(await countRunning(app.deps.db)).toEqual(new Map());
});

it('says at once that no host is there for a preview, and when to ask again', async () => {
  const app = await startApp();
  const { token, userId } = await signIn(app.deps);
  const videoId = await insertVideo(app.deps, userId);
  const reply = await app.ask('POST', `/api/videos/${videoId}/preview-mask`, {
    token,
    json: { points },
  });
  expect(reply.status).toBe(503);
  expect(reply.headers.get('Retry-After')).toBe('5');
  expect((await errorOf(reply)).code).toBe('preview_busy');
});

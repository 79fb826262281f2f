import { ApiKey, type ApiScope, apiScopes, pageOf } from '@roto/sdk/contract';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { newId } from '../src/new-id.ts';
import { addKey, addMember, type Member } from './support/members.ts';
import { type Operation, operationsOf } from './support/operations.ts';
import { insertTask, insertVideo } from './support/rows.ts';
import { s3Env, startS3 } from './support/s3-server.ts';
import { startApp, type TestApp } from './support/start-app.ts';

/** What is open to everybody, or to who has what it signed itself; a route that is added without `access` has to be added here. */
const open = [
  'GET /healthz',
  'GET /readyz',
  'GET /api/offers',
  'POST /api/auth/login',
  'POST /api/auth/refresh',
  'POST /api/auth/logout',
  'POST /api/auth/register',
  'POST /api/auth/resend-confirmation',
  'POST /api/auth/confirm/{token}',
  'POST /api/auth/request-reset',
  'POST /api/auth/reset/{token}',
  'POST /api/stripe/webhook',
  'GET /api/files/{grant}/{filename}',
];

/** Handlers that are no part of the API: pages, files under signed addresses, and what watches. */
const undescribed = [
  'GET /metrics',
  'GET /page.css',
  'GET /page.js',
  'GET /icon.svg',
  // Signed in by a cookie, not by the API's tokens: page.test.ts holds whose they are.
  'GET /',
  'GET /login',
  'POST /login',
  'POST /logout',
  'GET /register',
  'POST /register',
  'GET /forgotten',
  'POST /forgotten',
  'GET /tasks/:id',
  'POST /tasks/:id/cancel',
  'POST /tasks/:id/retry',
  'GET /tasks/:id/events',
  'GET /tasks/:id/thumbnail',
  'GET /tasks/:id/results.zip',
  'GET /confirm/:token',
  'POST /confirm/:token',
  'GET /reset/:token',
  'POST /reset/:token',
  'GET /api/openapi.json',
  'GET /api/docs',
  'GET /api/docs/errors',
  'GET /api/docs/start.js',
  'GET /api/docs/swagger-ui.css',
  'GET /api/docs/swagger-ui-bundle.js',
  'OPTIONS /api/uploads',
];

/** Somebody who calls. */
interface Caller {
  readonly name: string;
  readonly token: string | undefined;
  /** What it may do, as this test understands the rules. */
  readonly scopes: readonly ApiScope[];
  readonly isConfirmed: boolean;
  readonly isLogin: boolean;
}

const ordinary = apiScopes.filter((scope) => scope !== 'admin');

async function callersOf(app: TestApp): Promise<Caller[]> {
  const unconfirmed = await addMember(app, { isConfirmed: false });
  const user = await addMember(app);
  const admin = await addMember(app, { isSuper: true });
  const login = { isConfirmed: true, isLogin: true };
  const callers: Caller[] = [
    { name: 'anonymous', token: undefined, scopes: [], isConfirmed: false, isLogin: false },
    { name: 'nonsense', token: 'roto_nonsense', scopes: [], isConfirmed: false, isLogin: false },
    {
      ...login,
      name: 'unconfirmed',
      token: unconfirmed.token,
      scopes: ordinary,
      isConfirmed: false,
    },
    { ...login, name: 'user', token: user.token, scopes: ordinary },
    { ...login, name: 'admin', token: admin.token, scopes: apiScopes },
  ];
  for (const scope of apiScopes) {
    // Of an account of its own: requests are counted by account.
    const owner = await addMember(app, { isSuper: true });
    const token = await addKey(app, owner, [scope]);
    callers.push({
      name: `key ${scope}`,
      token,
      scopes: [scope],
      isConfirmed: true,
      isLogin: false,
    });
  }
  const demoted = await addMember(app, { isSuper: true });
  const token = await addKey(app, demoted, ['admin']);
  await app.deps.db
    .updateTable('users')
    .set({ super_user: false })
    .where('id', '=', demoted.id)
    .execute();
  return [
    ...callers,
    { name: 'key of a former admin', token, scopes: [], isConfirmed: true, isLogin: false },
  ];
}

/** What the guard of an operation should say to a caller; undefined where it lets them in. */
function refusalOf(operation: Operation, caller: Caller): string | undefined {
  if (operation.scope === undefined) return undefined;
  if (caller.name === 'anonymous' || caller.name === 'nonsense') return '401 unauthenticated';
  if (!caller.scopes.includes(operation.scope)) return '403 forbidden';
  if (operation.login && !caller.isLogin) return '403 forbidden';
  if (operation.confirmed && !caller.isConfirmed) return '403 email_unconfirmed';
  return undefined;
}

async function call(app: TestApp, { method, path }: Operation, token: string | undefined) {
  const reply = await app.ask(method, fill(path), {
    ...(token === undefined ? {} : { token }),
    ...(method === 'GET' ? {} : { json: {} }),
  });
  const code = /"code":"(\w+)"/.exec(await reply.text())?.[1] ?? '';
  return `${reply.status} ${code}`;
}

/** A path with ids that are well formed and belong to nobody. */
function fill(path: string): string {
  return path.replace(/\{(\w+)\}/g, (_, name) => (name === 'token' ? 'a'.repeat(43) : idFor(path)));
}

function idFor(path: string): string {
  if (path.includes('/tasks')) return newId('task');
  if (path.includes('/users/')) return newId('user');
  if (path.includes('/webhooks')) return newId('webhook');
  if (path.includes('/api-keys')) return newId('apiKey');
  if (path.includes('/uploads')) return newId('upload');
  return newId('video');
}

it('describes every route, and none but the known ones is open to everybody', async () => {
  const app = await startApp();
  const operations = await operationsOf(app);
  const described = operations.map(({ method, path }) => `${method} ${path}`);
  const registered = app.app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`);
  const known = new Set([
    ...described,
    ...undescribed.map((route) => route.replace(/:(\w+)/g, '{$1}')),
  ]);
  expect(registered.filter((route) => !known.has(route))).toEqual([]);
  const unguarded = operations.filter(({ scope }) => scope === undefined);
  expect(new Set(unguarded.map(({ method, path }) => `${method} ${path}`))).toEqual(new Set(open));
});

it('lets every caller do what they may, on every route, and nothing else', async () => {
  const app = await startApp();
  const wrong: string[] = [];
  for (const caller of await callersOf(app)) {
    for (const operation of await operationsOf(app)) {
      if (operation.scope === undefined) continue;
      const said = await call(app, operation, caller.token);
      const expected = refusalOf(operation, caller);
      const isRefused = said.startsWith('401') || /^403/.test(said);
      const isRight = expected === undefined ? !isRefused : said === expected;
      if (!isRight) wrong.push(`${caller.name}: ${operation.method} ${operation.path}: ${said}`);
    }
  }
  expect(wrong).toEqual([]);
});

/** Operations that somebody whose address is not confirmed may call: they look, tidy up, or leave. */
const openToUnconfirmed = [
  'abortPartUpload',
  'abortUpload',
  'cancelTask',
  'deleteVideo',
  'removeSequenceFrame',
  'updateVideo',
];

it('keeps what spends, stores or sends from accounts whose address is not confirmed', async () => {
  const operations = await operationsOf(await startApp());
  const writing = operations.filter(
    ({ method, scope }) => method !== 'GET' && /^(videos|tasks|billing):write$/.test(scope ?? ''),
  );
  const free = writing.filter(({ confirmed }) => !confirmed);
  expect(new Set(free.map(({ operationId }) => operationId))).toEqual(new Set(openToUnconfirmed));
});

/** Bodies that pass the schemas, so that only whose a thing is can be what refuses them. */
const bodies: Readonly<Record<string, object>> = {
  updateVideo: { title: 'Mine' },
  previewMask: { points: { positive: [[1, 1]] } },
  generateMasks: { points: { positive: [[1, 1]] } },
  exportMasks: { outputs: ['png8'] },
  getPartUrls: { part_numbers: [1] },
  completeSequenceUpload: { frames: 1 },
};
/** Routes whose ids are not of the caller's things: super users alone get to these. */
const notOwned = (operation: Operation) => operation.scope === 'admin';

/** Everything that an account can have, by the path that shows it. */
async function addBelongings(app: TestApp, owner: Member) {
  const { db } = app.deps;
  const videoId = await insertVideo(app.deps, owner.id);
  const taskId = await insertTask(db, owner.id);
  await db.updateTable('tasks').set({ video_id: videoId }).where('id', '=', taskId).execute();
  await addKey(app, owner, ['videos:read']);
  const keys = await app.ask('GET', '/api/api-keys', { token: owner.token });
  const [key] = pageOf(ApiKey).parse(await keys.json()).data;
  const sequence = { title: 'plates', format: 'png', rate: { num: 24, den: 1 } };
  const parts = { filename: 'clip.mov', size_bytes: 5 };
  const [webhook, tus, frames, inParts] = await Promise.all([
    app.ask('POST', '/api/webhooks', { token: owner.token, json: { url: 'https://example.com' } }),
    app.ask('POST', '/api/uploads', {
      token: owner.token,
      headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': '5' },
    }),
    app.ask('POST', '/api/uploads/sequences', { token: owner.token, json: sequence }),
    app.ask('POST', '/api/uploads/s3', { token: owner.token, json: parts }),
  ]);
  const idOf = async (reply: Response) => WithId.parse(await reply.json()).id;
  const uploadId = tus.headers.get('Location')?.split('/').at(-1) ?? '';
  return [
    ['/api/uploads/sequences/', await idOf(frames)],
    ['/api/uploads/s3/', await idOf(inParts)],
    ['/api/uploads/', uploadId],
    ['/api/videos/', videoId],
    ['/api/tasks/', taskId],
    ['/api/webhooks/', await idOf(webhook)],
    ['/api/api-keys/', key?.id ?? ''],
  ] as const;
}

const WithId = z.object({ id: z.string() });

it('tells nobody of what is somebody else\u2019s, on every route with an id', async () => {
  const app = await startApp({ env: s3Env(await startS3()) });
  const owner = await addMember(app);
  const other = await addMember(app);
  const belongings = await addBelongings(app, owner);
  const operations = (await operationsOf(app)).filter(
    (operation) => operation.path.includes('{id}') && !notOwned(operation),
  );
  const said = async (operation: Operation, token: string) => {
    const { method, path, operationId } = operation;
    const [, id] = belongings.find(([start]) => path.startsWith(start)) ?? ['', 'nobody'];
    const filled = path.replace('{id}', id).replace('{frame}', '1');
    const sha256 = { 'X-Content-SHA256': 'a'.repeat(64), 'Tus-Resumable': '1.0.0' };
    const reply = await app.ask(method, filled, {
      token,
      headers: sha256,
      ...(method === 'GET' ? {} : { json: bodies[operationId] ?? {} }),
    });
    if (reply.status < 400) {
      // Events of an open task go on.
      await reply.body?.cancel();
      return `${method} ${path}: ${reply.status}`;
    }
    const nothing = /There is no such/.exec(await reply.text())?.[0] ?? '';
    return `${method} ${path}: ${reply.status} ${nothing}`;
  };
  const refused = [];
  for (const operation of operations) refused.push(await said(operation, other.token));
  expect(refused.filter((text) => !/: 404 There/.test(text))).toEqual([]);
  // The owner, whose deletions come last, is not told that there is nothing.
  const own = [];
  const inOrder = operations.toSorted(
    (a, b) => +(a.method === 'DELETE') - +(b.method === 'DELETE'),
  );
  for (const operation of inOrder) own.push(await said(operation, owner.token));
  expect(own.filter((text) => /: 404 There/.test(text))).toEqual([]);
});

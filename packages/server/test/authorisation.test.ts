import { type ApiScope, apiScopes } from '@roto/sdk/contract';
import { expect, it } from 'vitest';
import { newId } from '../src/new-id.ts';
import { addKey, addMember } from './support/members.ts';
import { type Operation, operationsOf } from './support/operations.ts';
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
  'GET /tasks/:id',
  'POST /tasks/:id/cancel',
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

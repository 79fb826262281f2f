import { Readable } from 'node:stream';
import { ApiErrorBody } from '@roto/sdk/contract';
import { expect, it } from 'vitest';
import { createAccessTokens } from '../src/services/access-tokens.ts';
import { createFileGrants } from '../src/storage/file-grants.ts';
import { addMember } from './support/members.ts';
import { startApp } from './support/start-app.ts';

const ada = { email: 'ada@example.com', password: 'correct horse battery' };

it('says whether it is up, ready, and how it does', async () => {
  const { ask } = await startApp();
  expect(await (await ask('GET', '/healthz')).json()).toMatchObject({ status: 'ok' });
  expect(await (await ask('GET', '/readyz')).json()).toEqual({
    status: 'ready',
    checks: { database: 'ok' },
  });
  expect(await (await ask('GET', '/metrics')).text()).toContain('roto_http_request_seconds_bucket');
});

it('answers failures in one shape, with the id that the caller gave', async () => {
  const { ask } = await startApp();
  const headers = { 'X-Request-Id': 'my-request-1' };
  const reply = await ask('GET', '/api/nothing', { headers });
  expect(reply.status).toBe(404);
  expect(reply.headers.get('X-Request-Id')).toBe('my-request-1');
  expect(ApiErrorBody.parse(await reply.json()).error).toMatchObject({
    code: 'not_found',
    requestId: 'my-request-1',
  });
});

it('names the field that was wrong', async () => {
  const { ask } = await startApp();
  const reply = await ask('POST', '/api/auth/register', { json: { ...ada, password: 'short' } });
  expect(reply.status).toBe(400);
  expect(ApiErrorBody.parse(await reply.json()).error).toMatchObject({
    code: 'invalid_argument',
    param: 'password',
    message: 'Expected a password of at least 10 characters.',
  });
});

it('refuses a body above a mebibyte', async () => {
  const { ask } = await startApp();
  const reply = await ask('POST', '/api/auth/login', { json: { email: 'x'.repeat(1_100_000) } });
  expect(reply.status).toBe(413);
});

it('limits how often one address signs in, and says when to go on', async () => {
  const { ask } = await startApp();
  const replies: Response[] = [];
  for (let count = 0; count < 21; count += 1) {
    replies.push(await ask('POST', '/api/auth/confirm/aaaaaaaaaaaaaaaaaaaaaaaa'));
  }
  expect(replies[0]?.headers.get('RateLimit-Remaining')).toBe('19');
  expect(replies[19]?.status).toBe(400);
  expect(replies[20]?.status).toBe(429);
  expect(Number(replies[20]?.headers.get('Retry-After'))).toBeGreaterThan(0);
});

it('gives a repeated request with an Idempotency-Key the first answer, and does nothing again', async () => {
  const { ask, deps } = await startApp();
  const headers = { 'Idempotency-Key': 'key-1' };
  const first = await ask('POST', '/api/auth/register', { json: ada, headers });
  const second = await ask('POST', '/api/auth/register', { json: ada, headers });
  expect(second.headers.get('Idempotency-Replayed')).toBe('true');
  expect([second.status, await second.text()]).toEqual([first.status, await first.text()]);
  expect(await deps.db.selectFrom('mails').select('id').execute()).toHaveLength(1);
  const json = { ...ada, email: 'eve@example.com' };
  const other = await ask('POST', '/api/auth/register', { json, headers });
  expect(other.status).toBe(409);
});

it('lets the frontend call from a browser, and no other site', async () => {
  const { ask } = await startApp({ env: { FRONTEND_URL: 'https://roto.example.com' } });
  const reply = await ask('GET', '/api/nothing', { headers: { Origin: 'https://evil.example' } });
  expect(reply.headers.get('Access-Control-Allow-Origin')).not.toBe('https://evil.example');
  const own = await ask('GET', '/api/nothing', { headers: { Origin: 'https://roto.example.com' } });
  expect(own.headers.get('Access-Control-Allow-Origin')).toBe('https://roto.example.com');
});

it('describes every route in OpenAPI 3.1, and shows it without another host', async () => {
  const { ask } = await startApp();
  const document = await (await ask('GET', '/api/openapi.json')).json();
  expect(document).toMatchObject({
    openapi: '3.1.0',
    paths: { '/api/users/me': { get: { security: [{ bearer: ['account:read'] }] } } },
    components: { schemas: { User: { type: 'object' }, Error: { type: 'object' } } },
  });
  const page = await ask('GET', '/api/docs');
  expect(await page.text()).not.toMatch(/https?:\/\//);
  expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'self'");
  expect((await ask('GET', '/api/docs/swagger-ui-bundle.js')).status).toBe(200);
});

it('refuses characters that the database cannot hold, rather than fail at them', async () => {
  const app = await startApp();
  const { token } = await addMember(app, { isSuper: true });
  const query = await app.ask('GET', '/api/admin/users?email=%00', { token });
  expect(query.status).toBe(400);
  const json = { credits: 1, reason: 'a\u0000b' };
  const { id } = await addMember(app);
  const body = await app.ask('POST', `/api/admin/users/${id}/credits`, { token, json });
  expect(body.status).toBe(400);
});

it('takes what the secret before this one signed, of every kind, and nothing of any other', async () => {
  const [now, before, other] = ['1', '2', '3'].map((each) => each.repeat(32));
  const env = { SECRET_KEY: now ?? '', SECRET_KEY_PREVIOUS: before ?? '' };
  const app = await startApp({ env });
  const { ask, deps } = app;
  const { token } = await addMember(app);
  const session = await deps.accessTokens.verify(token);
  if (session === undefined) throw new Error('The token of the member does not count.');
  const key = 'users/usr_1/videos/vid_1/original.mp4';
  await deps.storage.put(key, Readable.from([Buffer.from('clip')]), {});
  const expiresAt = new Date(Date.now() + 60_000);
  const replies = async (secret = '') => {
    const signed = await createAccessTokens([secret], () => new Date()).issue(session);
    const path = createFileGrants([secret]).path({
      key,
      filename: 'clip.mp4',
      expiresAt,
      inline: false,
    });
    const answers = [await ask('GET', '/api/users/me', { token: signed }), await ask('GET', path)];
    return answers.map(({ status }) => status);
  };
  expect(await replies(now)).toEqual([200, 200]);
  expect(await replies(before)).toEqual([200, 200]);
  expect(await replies(other)).toEqual([401, 400]);
});

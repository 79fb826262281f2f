import { ApiErrorBody, ApiKeyPage, NewApiKey, TokenPair } from '@roto/sdk/contract';
import { describe, expect, it } from 'vitest';
import { databaseKinds } from './support/databases.ts';
import { mailsIn, tokenOf } from './support/mails.ts';
import { startApp, type TestApp } from './support/start-app.ts';

const email = 'ada@example.com';
const ada = { email, password: 'correct horse battery' };
const eve = { email, password: 'evil horse battery' };

async function register(app: TestApp, account: typeof ada): Promise<void> {
  expect((await app.ask('POST', '/api/auth/register', { json: account })).status).toBe(202);
}

async function login(app: TestApp, account: typeof ada): Promise<TokenPair> {
  const reply = await app.ask('POST', '/api/auth/login', { json: account });
  expect(reply.status).toBe(200);
  return TokenPair.parse(await reply.json());
}

async function statusOf(reply: Promise<Response>): Promise<number> {
  return (await reply).status;
}

async function codeOf(reply: Promise<Response>): Promise<string> {
  return ApiErrorBody.parse(await (await reply).json()).error.code;
}

/** Registers, confirms and signs in. */
async function member(app: TestApp): Promise<TokenPair> {
  await register(app, ada);
  const token = tokenOf((await mailsIn(app.data, 1))[0]);
  expect(await statusOf(app.ask('POST', `/api/auth/confirm/${token}`))).toBe(200);
  return login(app, ada);
}

const me = (app: TestApp, token: string) => app.ask('GET', '/api/users/me', { token });
const refresh = (app: TestApp, refreshToken: string) =>
  app.ask('POST', '/api/auth/refresh', { json: { refreshToken } });

describe('an address that two people register', () => {
  it('gives neither the account: who opens the mail chooses the password', async () => {
    const app = await startApp();
    await register(app, eve);
    const stolen = await login(app, eve);
    const first = tokenOf((await mailsIn(app.data, 1))[0]);
    await register(app, ada);
    const second = tokenOf((await mailsIn(app.data, 2))[1]);

    expect(await statusOf(me(app, stolen.accessToken))).toBe(401);
    expect(await statusOf(refresh(app, stolen.refreshToken))).toBe(401);
    expect(await codeOf(app.ask('POST', `/api/auth/confirm/${first}`))).toBe('invalid_token');
    const confirmed = await app.ask('POST', `/api/auth/confirm/${second}`);
    expect(await confirmed.json()).toEqual({ status: 'password_needed' });
    for (const json of [eve, ada]) {
      expect(await statusOf(app.ask('POST', '/api/auth/login', { json }))).toBe(401);
    }

    const reset = tokenOf((await mailsIn(app.data, 3))[2]);
    const json = { password: 'a password of her own' };
    expect(await statusOf(app.ask('POST', `/api/auth/reset/${reset}`, { json }))).toBe(200);
    await login(app, { email, ...json });
  });

  it('does not let a later comer take over what the first one confirms', async () => {
    const app = await startApp();
    await register(app, ada);
    await mailsIn(app.data, 1);
    await register(app, eve);
    const newest = tokenOf((await mailsIn(app.data, 2))[1]);
    await app.ask('POST', `/api/auth/confirm/${newest}`);
    expect(await statusOf(app.ask('POST', '/api/auth/login', { json: eve }))).toBe(401);
  });

  it('keeps the password of one who registers twice with the same', async () => {
    const app = await startApp();
    await register(app, ada);
    const first = tokenOf((await mailsIn(app.data, 1))[0]);
    await register(app, ada);
    await mailsIn(app.data, 2);
    const reply = await app.ask('POST', `/api/auth/confirm/${first}`);
    expect(await reply.json()).toEqual({ status: 'confirmed' });
    await login(app, ada);
  });
});

it('keeps the hash of the newest confirmation token, until it is used', async () => {
  const app = await startApp();
  await register(app, ada);
  const token = tokenOf((await mailsIn(app.data, 1))[0]);
  const kept = () => app.deps.db.selectFrom('users').select('confirmation_token').execute();
  expect(await kept()).toEqual([{ confirmation_token: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  expect(JSON.stringify(await kept())).not.toContain(token);
  await app.ask('POST', `/api/auth/confirm/${token}`);
  expect(await kept()).toEqual([{ confirmation_token: null }]);
});

it('sends a confirmation again to who waits for one, and says the same to everybody', async () => {
  const app = await startApp();
  await register(app, ada);
  await mailsIn(app.data, 1);
  const resend = (address: string) =>
    app.ask('POST', '/api/auth/resend-confirmation', { json: { email: address } });
  const known = await resend(email);
  const unknown = await resend('nobody@example.com');
  expect([known.status, unknown.status]).toEqual([202, 202]);
  const told = await unknown.text();
  expect(told.replace('nobody@example.com', email)).toBe(await known.text());
  const mails = await mailsIn(app.data, 2);
  expect(mails.map(({ to }) => to?.[0]?.address)).toEqual([email, email]);
  const reply = await app.ask('POST', `/api/auth/confirm/${tokenOf(mails[1])}`);
  expect(reply.status).toBe(200);
});

it('sends an address no more than six mails an hour, whoever asks', async () => {
  const app = await startApp();
  await register(app, ada);
  for (let count = 0; count < 8; count += 1) {
    await app.ask('POST', '/api/auth/resend-confirmation', { json: { email } });
  }
  const sent = await app.deps.db
    .selectFrom('mails')
    .select('id')
    .where('user_id', 'is not', null)
    .execute();
  expect(sent).toHaveLength(6);
});

describe.each(databaseKinds)('logins on %s', (kind) => {
  it('go on by refresh tokens that are good once; one that comes again ends the login', async () => {
    const app = await startApp({ kind });
    await register(app, ada);
    const first = await login(app, ada);
    const second = TokenPair.parse(await (await refresh(app, first.refreshToken)).json());
    expect(await statusOf(me(app, second.accessToken))).toBe(200);
    const other = await login(app, ada);
    expect(await codeOf(refresh(app, first.refreshToken))).toBe('unauthenticated');
    expect(await statusOf(refresh(app, second.refreshToken))).toBe(401);
    expect(await statusOf(me(app, second.accessToken))).toBe(401);
    expect(await statusOf(me(app, other.accessToken))).toBe(200);
  });

  it('give one pair when a refresh token comes twice at once', async () => {
    const app = await startApp({ kind });
    await register(app, ada);
    const { refreshToken } = await login(app, ada);
    const ends = await Promise.all([1, 2, 3].map(() => statusOf(refresh(app, refreshToken))));
    expect(ends.filter((status) => status === 200)).toHaveLength(1);
  });

  it('end by logout, at once', async () => {
    const app = await startApp({ kind });
    await register(app, ada);
    const { accessToken, refreshToken } = await login(app, ada);
    const logout = () => app.ask('POST', '/api/auth/logout', { json: { refreshToken } });
    expect(await statusOf(logout())).toBe(204);
    expect(await statusOf(logout())).toBe(204);
    expect(await statusOf(me(app, accessToken))).toBe(401);
    expect(await statusOf(refresh(app, refreshToken))).toBe(401);
  });
});

it('lets refresh tokens grow too old', async () => {
  const app = await startApp();
  await register(app, ada);
  const { refreshToken } = await login(app, ada);
  app.advance(30 * 24 * 60 * 60 + 1);
  expect(await statusOf(refresh(app, refreshToken))).toBe(401);
});

it('resets a password by mail: once, within the hour, and every login ends', async () => {
  const app = await startApp();
  const { accessToken, refreshToken } = await member(app);
  const request = () => app.ask('POST', '/api/auth/request-reset', { json: { email } });
  expect(await statusOf(request())).toBe(202);
  const late = tokenOf((await mailsIn(app.data, 2))[1]);
  app.advance(60 * 60 + 1);
  const json = { password: 'another password' };
  expect(await codeOf(app.ask('POST', `/api/auth/reset/${late}`, { json }))).toBe('invalid_token');

  await request();
  const token = tokenOf((await mailsIn(app.data, 3))[2]);
  expect(await statusOf(app.ask('POST', `/api/auth/reset/${token}`, { json }))).toBe(200);
  expect(await statusOf(app.ask('POST', `/api/auth/reset/${token}`, { json }))).toBe(400);
  expect(await statusOf(me(app, accessToken))).toBe(401);
  expect(await statusOf(refresh(app, refreshToken))).toBe(401);
  expect(await statusOf(app.ask('POST', '/api/auth/login', { json: ada }))).toBe(401);
  await login(app, { email, ...json });
});

it('takes tokens of the secret before this one, and of no other', async () => {
  const secret = (letter: string) => letter.repeat(40);
  const app = await startApp({ env: { SECRET_KEY: secret('a') } });
  await register(app, ada);
  const { accessToken } = await login(app, ada);
  const { createAccessTokens } = await import('../src/services/access-tokens.ts');
  const after = createAccessTokens([secret('b'), secret('a')], app.deps.clock);
  const unrelated = createAccessTokens([secret('b'), secret('c')], app.deps.clock);
  expect(await after.verify(accessToken)).toMatchObject({ generation: 0 });
  expect(await unrelated.verify(accessToken)).toBeUndefined();
});

describe('API keys', () => {
  it('are said once, do what their scopes allow, say when they were used, and end', async () => {
    const app = await startApp();
    const { accessToken: token } = await member(app);
    const json = { name: 'farm', scopes: ['account:read'] };
    const made = await app.ask('POST', '/api/api-keys', { token, json });
    expect(made.status).toBe(201);
    const { key, id } = NewApiKey.parse(await made.json());
    expect(key).toMatch(/^roto_[\w-]{43}$/);
    expect(await statusOf(me(app, key))).toBe(200);
    expect(await codeOf(app.ask('DELETE', `/api/api-keys/${id}`, { token: key }))).toBe(
      'forbidden',
    );

    const listed = await app.ask('GET', '/api/api-keys', { token });
    const text = await listed.text();
    expect(text).not.toContain(key);
    expect(ApiKeyPage.parse(JSON.parse(text)).data).toMatchObject([
      { id, name: 'farm', prefix: key.slice(0, 11), last_used_at: expect.any(String) },
    ]);
    const kept = await app.deps.db.selectFrom('api_keys').selectAll().execute();
    expect(JSON.stringify(kept)).not.toContain(key);

    expect(await statusOf(app.ask('DELETE', `/api/api-keys/${id}`, { token }))).toBe(204);
    expect(await statusOf(me(app, key))).toBe(401);
  });

  it('cannot do more than who makes them, nor make others, nor outlive their time', async () => {
    const app = await startApp();
    const { accessToken: token } = await member(app);
    const make = (json: object, by = token) =>
      app.ask('POST', '/api/api-keys', { token: by, json });
    expect(await codeOf(make({ name: 'x', scopes: ['admin'] }))).toBe('forbidden');
    expect(await codeOf(make({ name: 'x', scopes: [] }))).toBe('invalid_argument');
    const expires_at = new Date(app.deps.clock().getTime() + 60_000).toISOString();
    const reply = await make({ name: 'x', scopes: ['account:read', 'account:write'], expires_at });
    const { key } = NewApiKey.parse(await reply.json());
    expect(await codeOf(make({ name: 'y', scopes: ['account:read'] }, key))).toBe('forbidden');
    app.advance(61);
    expect(await statusOf(me(app, key))).toBe(401);
  });

  it('wait for the address to be confirmed', async () => {
    const app = await startApp();
    await register(app, ada);
    const { accessToken: token } = await login(app, ada);
    const json = { name: 'x', scopes: ['account:read'] };
    expect(await codeOf(app.ask('POST', '/api/api-keys', { token, json }))).toBe(
      'email_unconfirmed',
    );
  });

  it('are not made twice by an Idempotency-Key, whose answer would lie in the database', async () => {
    const app = await startApp();
    const { accessToken: token } = await member(app);
    const json = { name: 'x', scopes: ['account:read'] };
    const headers = { 'Idempotency-Key': 'one' };
    await app.ask('POST', '/api/api-keys', { token, json, headers });
    const kept = await app.deps.db.selectFrom('idempotency_keys').selectAll().execute();
    expect(kept.filter(({ path }) => path === '/api/api-keys')).toEqual([]);
  });
});

describe('the pages that mails open', () => {
  it('confirm by their button only, without scripts', async () => {
    const app = await startApp();
    await register(app, ada);
    const token = tokenOf((await mailsIn(app.data, 1))[0]);
    const opened = await app.ask('GET', `/confirm/${token}`);
    expect(opened.headers.get('Cache-Control')).toBe('no-store');
    expect(opened.headers.get('Referrer-Policy')).toBe('no-referrer');
    const page = await opened.text();
    expect(page).toContain('<form method="post">');
    expect(page).not.toContain('<script');
    expect(page).not.toContain(token);
    const confirmed = () => app.deps.db.selectFrom('users').select('is_confirmed').execute();
    expect(await confirmed()).toEqual([{ is_confirmed: false }]);
    const posted = await app.ask('POST', `/confirm/${token}`);
    expect(await posted.text()).toContain('The address is confirmed');
    expect(await confirmed()).toEqual([{ is_confirmed: true }]);
    const again = await app.ask('POST', `/confirm/${token}`);
    expect([again.status, await again.text()]).toEqual([
      400,
      expect.stringContaining('used already'),
    ]);
  });

  it('take a new password, and ask again for one that is too short', async () => {
    const app = await startApp();
    await member(app);
    await app.ask('POST', '/api/auth/request-reset', { json: { email } });
    const token = tokenOf((await mailsIn(app.data, 2))[1]);
    const post = (password: string) =>
      app.app.request(`/reset/${token}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ password }).toString(),
      });
    const short = await post('short');
    expect(short.status).toBe(400);
    expect(await short.text()).toContain('at least 10 characters');
    expect(await (await post('a new password')).text()).toContain('The password is set');
    await login(app, { email, password: 'a new password' });
  });
});

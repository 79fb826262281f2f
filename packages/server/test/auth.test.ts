import { ApiErrorBody, RegisterResult, TokenPair, User } from '@roto/sdk/contract';
import { describe, expect, it } from 'vitest';
import { tiers } from '../src/services/tiers.ts';
import { mostWrongPasswords } from '../src/services/wrong-passwords.ts';
import { databaseKinds } from './support/databases.ts';
import { mailsIn, tokenOf } from './support/mails.ts';
import { startApp } from './support/start-app.ts';

const ada = { email: 'Ada@Example.com', password: 'correct horse battery' };

describe.each(databaseKinds)('accounts on %s', (kind) => {
  it('registers, confirms by the mail, signs in, and shows the account', async () => {
    const { ask, data, logLines } = await startApp({ kind });
    const registered = await ask('POST', '/api/auth/register', { json: ada });
    expect(registered.status).toBe(202);
    expect(RegisterResult.parse(await registered.json()).email).toBe('ada@example.com');
    const [mail] = await mailsIn(data, 1);
    expect(mail).toMatchObject({ to: [{ address: 'ada@example.com' }] });
    const token = tokenOf(mail);
    expect(logLines().join('')).toContain(`http://roto.test/confirm/${token}`);

    const confirmed = await ask('POST', `/api/auth/confirm/${token}`);
    expect(confirmed.status).toBe(200);
    const again = await ask('POST', `/api/auth/confirm/${token}`);
    expect(again.status).toBe(400);
    expect(ApiErrorBody.parse(await again.json()).error.code).toBe('invalid_token');

    const signedIn = await ask('POST', '/api/auth/login', { json: ada });
    const { accessToken } = TokenPair.parse(await signedIn.json());
    const me = await ask('GET', '/api/users/me', { token: accessToken });
    expect(me.status).toBe(200);
    expect(User.parse(await me.json())).toMatchObject({
      email: 'ada@example.com',
      is_confirmed: true,
      user_credits: tiers.free.monthlyCredits,
      membership: { tier: 'free', status: 'active' },
    });
    expect(logLines().join('')).not.toContain(accessToken);
    expect(logLines().join('')).not.toContain(ada.password);
  });
});

it('answers a second registration of an address like the first, and tells its owner', async () => {
  const { ask, data } = await startApp();
  const first = await ask('POST', '/api/auth/register', { json: ada });
  await ask('POST', `/api/auth/confirm/${tokenOf((await mailsIn(data, 1))[0])}`);
  const second = await ask('POST', '/api/auth/register', {
    json: { ...ada, password: 'x'.repeat(10) },
  });
  expect(second.status).toBe(first.status);
  expect(await second.json()).toEqual(await first.json());
  expect((await mailsIn(data, 2))[1]?.subject).toContain('already have an account');
});

it('says the same of a wrong password and of an address without an account', async () => {
  const { ask } = await startApp();
  await ask('POST', '/api/auth/register', { json: ada });
  const wrong = await ask('POST', '/api/auth/login', {
    json: { ...ada, password: 'wrong password' },
  });
  const nobody = await ask('POST', '/api/auth/login', {
    json: { ...ada, email: 'eve@example.com' },
  });
  expect([wrong.status, nobody.status]).toEqual([401, 401]);
  const errors = [wrong, nobody].map(async (reply) => ApiErrorBody.parse(await reply.json()).error);
  const [one, other] = await Promise.all(errors);
  expect(one).toEqual({ ...other, requestId: one?.requestId });
});

it('takes no more passwords for an address after many wrong ones, from wherever they come', async () => {
  const { ask } = await startApp({ env: { ROTO_TRUSTED_PROXIES: '1' } });
  await ask('POST', '/api/auth/register', { json: ada });
  let tries = 0;
  const login = (password: string, email = ada.email) => {
    tries += 1;
    const headers = { 'X-Forwarded-For': `192.0.2.${tries}` };
    return ask('POST', '/api/auth/login', { json: { email, password }, headers });
  };
  expect((await login(ada.password)).status).toBe(200);
  const wrong = await Promise.all(
    Array.from({ length: mostWrongPasswords }, () => login('wrong password')),
  );
  expect(new Set(wrong.map(({ status }) => status))).toEqual(new Set([401]));
  expect((await login(ada.password, 'ADA@example.com')).status).toBe(429);
  expect((await login('wrong password', 'eve@example.com')).status).toBe(401);
});

it('takes no access token that is forged or too old', async () => {
  const { ask, advance } = await startApp();
  await ask('POST', '/api/auth/register', { json: ada });
  const { accessToken } = TokenPair.parse(
    await (await ask('POST', '/api/auth/login', { json: ada })).json(),
  );
  const forged = `${accessToken.slice(0, -4)}AAAA`;
  expect((await ask('GET', '/api/users/me', { token: forged })).status).toBe(401);
  expect((await ask('GET', '/api/users/me')).status).toBe(401);
  advance(15 * 60 + 1);
  expect((await ask('GET', '/api/users/me', { token: accessToken })).status).toBe(401);
});

import { TokenPair, User } from '@roto/sdk/contract';
import { expect, it } from 'vitest';
import { bootstrapAdmin } from '../src/bin/bootstrap-admin.ts';
import { serve } from '../src/bin/serve.ts';
import { createLog } from '../src/log.ts';
import { startServer } from './support/start-server.ts';

it('makes the first super user of a service that is not running, and no second one', async () => {
  const server = await startServer();
  const { data } = server;
  const bootstrap = (email: string) =>
    bootstrapAdmin({ env: {}, cwd: '.', flags: { data }, email });
  await expect(bootstrap('ada@example.com')).rejects.toMatchObject({ code: 'data_locked' });
  await server.stop();

  await expect(bootstrap('nonsense')).rejects.toMatchObject({ code: 'invalid_argument' });
  const { userId, link } = await bootstrap('Ada@example.com');
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:8000\/reset\/[\w-]{43}$/);
  await expect(bootstrap('eve@example.com')).rejects.toMatchObject({ code: 'conflict' });

  const log = createLog('silent');
  const second = await serve({ env: {}, cwd: '.', flags: { data, port: 0 }, log });
  try {
    const post = (path: string, body: object) =>
      fetch(`${second.origin}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    const password = 'a password for ada';
    const token = link?.split('/').at(-1);
    expect((await post(`/api/auth/reset/${token}`, { password })).status).toBe(200);
    const signedIn = await post('/api/auth/login', { email: 'ada@example.com', password });
    const { accessToken } = TokenPair.parse(await signedIn.json());
    const me = await fetch(`${second.origin}/api/users/me`, {
      headers: { Authorization: `Bearer ${accessToken}` },
    });
    const user = User.parse(await me.json());
    expect(user).toMatchObject({ id: userId, super_user: true, is_confirmed: true });
  } finally {
    await second.stop();
  }
});

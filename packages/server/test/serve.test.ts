import { expect, it } from 'vitest';
import { serve } from '../src/bin/serve.ts';
import { startServer } from './support/start-server.ts';

it('answers on a socket, and keeps accounts over a restart', async () => {
  const first = await startServer();
  const json = { email: 'ada@example.com', password: 'correct horse battery' };
  const post = (origin: string, path: string) =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(json),
    });
  expect((await post(first.origin, '/api/auth/register')).status).toBe(202);
  await expect(
    serve({ env: {}, cwd: '.', flags: { data: first.data, port: 0 } }),
  ).rejects.toMatchObject({ code: 'data_locked' });
  await first.stop();
  const second = await serve({
    env: { ROTO_LOG_LEVEL: 'silent' },
    cwd: '.',
    flags: { data: first.data, port: 0 },
  });
  expect((await post(second.origin, '/api/auth/login')).status).toBe(200);
  await second.stop();
});

it('says in a sentence that the port is taken, before it touches the data folder', async () => {
  const { origin } = await startServer();
  const port = Number(new URL(origin).port);
  await expect(
    serve({ env: {}, cwd: '.', flags: { data: '/nonexistent/data', port } }),
  ).rejects.toMatchObject({
    code: 'port_in_use',
    message: `Another program listens on 127.0.0.1 port ${port}.`,
  });
});

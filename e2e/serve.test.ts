import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type PostgresServer,
  startPostgres,
} from '../packages/server/test/support/postgres-server.ts';
import { runRoto, startRoto } from './support/roto-process.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-serve-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts `roto serve` on a free port and waits for the address it prints. */
async function startServe(env: Readonly<Record<string, string>> = {}) {
  const address = Promise.withResolvers<string>();
  const args = ['serve', '--port', '0', '--data', 'data'];
  const onLine = (line: string, stream: string) => {
    if (stream === 'stdout') address.resolve(line);
  };
  const roto = startRoto(args, { cwd: folder, env, onLine });
  const failed = roto.ended.then(({ stderr }) => Promise.reject(new Error(stderr)));
  failed.catch(() => undefined);
  return { ...roto, origin: await Promise.race([address.promise, failed]) };
}

it('roto serve answers at the address it prints, and SIGTERM ends it with status 0', async () => {
  const { child, ended, origin } = await startServe();
  expect((await fetch(`${origin}/readyz`)).status).toBe(200);
  const taken = await runRoto(['serve', '--port', new URL(origin).port], { cwd: folder });
  expect([taken.status, taken.stderr]).toEqual([
    2,
    expect.stringContaining(`Another program listens on 127.0.0.1 port ${new URL(origin).port}.`),
  ]);
  const second = await runRoto(['migrate', '--data', 'data'], { cwd: folder });
  expect([second.status, second.stderr]).toEqual([
    2,
    expect.stringContaining('Another roto process has the data folder'),
  ]);
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ status: 0, signal: null, stdout: `${origin}\n` });
});

it('roto serve on Postgres waits for roto migrate, which runs every migration once', async () => {
  const postgres: PostgresServer = await startPostgres();
  try {
    const env = { DATABASE_URL: await postgres.createDatabase('served') };
    await expect(startServe(env)).rejects.toThrow('Run roto migrate.');
    const first = await runRoto(['migrate'], { cwd: folder, env });
    expect([first.status, first.stdout]).toEqual([0, expect.stringMatching(/^0001-accounts\n/)]);
    expect(await runRoto(['migrate'], { cwd: folder, env })).toMatchObject({ stdout: '' });
    const { child, ended, origin } = await startServe(env);
    expect((await fetch(`${origin}/readyz`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 0 });
  } finally {
    await postgres.stop();
  }
});

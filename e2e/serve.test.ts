import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { exampleSecret } from '../packages/server/src/variables.ts';
import {
  type PostgresServer,
  startPostgres,
} from '../packages/server/test/support/postgres-server.ts';
import { s3Env, startS3 } from '../packages/server/test/support/s3-server.ts';
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

/** What `roto serve` and `roto worker` say when they do not start; nothing may be left behind. */
async function refusalOf(command: 'serve' | 'worker', env: Record<string, string | undefined>) {
  const cwd = await mkdtemp(join(folder, 'refused-'));
  const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const { status, stderr, stdout } = await runRoto([command], {
    cwd,
    env: Object.fromEntries(set),
  });
  expect([status, stdout, await readdir(cwd)]).toEqual([2, '', []]);
  return stderr.replace(/\s+/g, ' ');
}

it('roto serve says everything that keeps it from starting at once, in sentences', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  // biome-ignore lint/plugin: a server that listens on a port has such an address
  const { port } = taken.address() as AddressInfo;
  const said = await refusalOf('serve', {
    ROTO_ENV: 'production',
    SECRET_KEY: exampleSecret,
    FRONTEND_URL: 'roto.example.com/app',
    ROTO_PORT: String(port),
    DATABASE_URL: 'postgresql://roto:hunter2@127.0.0.1:1/roto',
    ...s3Env(await startS3()),
    AWS_S3_BUCKET: 'another',
  });
  for (const sentence of [
    'roto cannot start for 4 reasons.',
    'The environment has 2 mistakes.',
    'FRONTEND_URL: expected an origin such as https://roto.example.com, without a path.',
    'SECRET_KEY: the one of .env.example is known to everybody.',
    `Another program listens on 127.0.0.1 port ${port}.`,
    'Files cannot be written to the bucket another (NoSuchBucket).',
    'Postgres cannot be asked: nothing listens there.',
  ]) {
    expect(said).toContain(sentence);
  }
  expect(said).not.toContain('hunter2');
});

it('roto serve refuses a data folder that is none, and what it cannot reach by itself', async () => {
  const file = join(folder, 'a-file');
  await writeFile(file, '');
  const env = { ROTO_PORT: '0' };
  expect(await refusalOf('serve', { ...env, ROTO_DATA: file })).toContain(
    `The data folder ${file} cannot be written (no folder).`,
  );
  const store = {
    AWS_S3_BUCKET: 'roto-files',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
  expect(await refusalOf('serve', { ...env, ...store })).toContain(
    'Files cannot be written to the bucket roto-files (ECONNREFUSED).',
  );
});

it('roto worker says all of it at once, too', async () => {
  const said = await refusalOf('worker', {
    ROTO_WORKER_TASKS: 'many',
    DATABASE_URL: 'postgresql://roto@127.0.0.1:1/roto',
  });
  expect(said).toContain('ROTO_WORKER_TASKS: expected a whole number from 1 to 64.');
  expect(said).toContain('Postgres cannot be asked: nothing listens there.');
});

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real Postgres for tests, in a folder of its own. */
export interface PostgresServer {
  /** Makes an empty database and gives its URL. */
  createDatabase(name: string): Promise<string>;
  /** Ends every connection and the server, at once: what a crash would do. */
  kill(): Promise<void>;
  /** Starts it again on what is in the folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Folder of Postgres' programs, as Debian installs them; undefined where there is none. */
export async function postgresPrograms(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(root, newest, 'bin');
}

/** Postgres refuses to run as root; there it runs as the user that Debian made for it. */
async function owner(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
  );
  if (uid === undefined || gid === undefined) throw new Error('There is no user postgres.');
  return { uid, gid };
}

/** Starts one that listens on a socket in its folder only, and forgets nothing it need not. */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = await postgresPrograms();
  if (programs === undefined) throw new Error('Install postgresql: there is none to test with.');
  const user = await owner();
  const folder = await mkdtemp(join(tmpdir(), 'roto-postgres-'));
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const options = { ...user, cwd: folder };
  const data = join(folder, 'data');
  await run(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'roto', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C'],
    options,
  );
  const start = async () => {
    const settings = ['fsync=off', 'listen_addresses=', `unix_socket_directories=${folder}`];
    const child = spawn(
      join(programs, 'postgres'),
      ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
      { ...options, stdio: 'ignore' },
    );
    await untilReady(join(programs, 'pg_isready'), folder);
    return child;
  };
  let server = await start();
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    await gone;
  };
  const url = (name: string) => `postgresql://roto@localhost/${name}?host=${folder}`;
  return {
    async createDatabase(name) {
      await run(join(programs, 'createdb'), ['-h', folder, '-U', 'roto', name]);
      return url(name);
    },
    kill: () => end('SIGQUIT'),
    async restart() {
      await end('SIGQUIT');
      server = await start();
    },
    async stop() {
      await end('SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(program: string, folder: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const isReady = await run(program, ['-h', folder, '-q']).then(
      () => true,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('Postgres did not start within 30 seconds.');
}

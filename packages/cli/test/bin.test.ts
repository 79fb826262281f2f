import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ErrorDocument, RunEvent } from '@roto/sdk/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const cli = fileURLToPath(new URL('..', import.meta.url));

/** The published bin over the sources, with an engine that works until it is stopped. */
let folder: string;
let bin: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-bin-'));
  bin = join(folder, 'bin', 'roto.js');
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'dist', 'io'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await copyFile(join(cli, 'bin', 'roto.js'), bin);
  const source = (path: string) => JSON.stringify(pathToFileURL(join(cli, path)).href);
  await writeFile(
    join(folder, 'dist', 'io', 'process-io.js'),
    `export * from ${source('src/io/process-io.ts')};`,
  );
  await writeFile(
    join(folder, 'dist', 'main.js'),
    `import { main as real } from ${source('src/main.ts')};
import { createFakeBackend } from ${source('test/support/fake-backend.ts')};
const stubborn = process.env.STUBBORN === '1';
const onStuck = () => { setInterval(() => {}, 1000); console.error('STUCK'); };
const backend = createFakeBackend(process.env.STUCK === '1' ? { onStuck } : {});
const never = () => new Promise(onStuck);
if (process.env.SLOW === '1') {
  console.error('LOADING');
  await new Promise((resolve) => setTimeout(resolve, 500));
}
if (process.env.LOST === '1') backend.runShot = () => new Promise(() => {});
for (const name of ['runShot', 'diagnose', 'listModels', 'listTracks', 'clearTracks']) {
  if (stubborn) backend[name] = never;
}
export const main = (argv, io) => real(argv, io, { loadBackend: async () => backend });`,
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once stderr holds `text`. */
  said(text: string): Promise<void>;
}

function start(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Started {
  const child = spawn(command, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], CI: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.out += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, ...text }));
  });
  const waiting: { text: string; resolve: () => void }[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    text.err += chunk.toString();
    for (const wait of waiting) if (text.err.includes(wait.text)) wait.resolve();
  });
  return {
    child,
    ended,
    said: (wanted) =>
      new Promise((resolve) => {
        waiting.push({ text: wanted, resolve });
        if (text.err.includes(wanted)) resolve();
      }),
  };
}

const node = ['--conditions=roto-source'];
const mask = ['mask', 'shot.mp4', '--points', '1,1', '--local'];

describe('the published bin', () => {
  it.each([
    ['SIGINT', 'interrupted', 130],
    ['SIGTERM', 'terminated', 143],
  ] as const)(
    'sent %s exits with the document of %s and status %d',
    async (signal, code, status) => {
      const roto = start(process.execPath, [...node, bin, ...mask, '--json'], { STUCK: '1' });
      await roto.said('STUCK');
      roto.child.kill(signal);
      const ended = await roto.ended;
      expect([ended.code, ended.signal]).toEqual([status, null]);
      expect(ErrorDocument.parse(JSON.parse(ended.out)).error.code).toBe(code);
    },
  );

  it('ends in order by a Ctrl-C that comes while it loads', async () => {
    const roto = start(process.execPath, [...node, bin, ...mask, '--json'], { SLOW: '1' });
    await roto.said('LOADING');
    roto.child.kill('SIGINT');
    const ended = await roto.ended;
    expect([ended.code, ended.signal]).toEqual([130, null]);
    expect(ErrorDocument.parse(JSON.parse(ended.out)).error.code).toBe('interrupted');
  });

  it.each([
    ['INT', 130],
    ['TERM', 143],
  ])('sent SIG%s is shown by a shell with status %d', async (signal, status) => {
    const script = `"$0" "$@" & pid=$!; sleep 0.2; while kill -0 $pid 2>/dev/null && ! grep -q STUCK err; do sleep 0.1; done; kill -${signal} $pid; wait $pid; echo "status $?"`;
    // A shell without job control starts background commands with SIGINT ignored; node undoes that.
    const roto = start(
      'sh',
      ['-c', `exec 2>err; ${script}`, process.execPath, ...node, bin, ...mask],
      { STUCK: '1' },
    );
    expect((await roto.ended).out).toContain(`status ${status}`);
  });

  it.each(['doctor', 'models list', 'cache list', 'cache clear'])(
    'ends roto %s by the first Ctrl-C, whatever it waits for',
    async (words) => {
      const roto = start(process.execPath, [...node, bin, ...words.split(' '), '--json'], {
        STUBBORN: '1',
      });
      await roto.said('STUCK');
      roto.child.kill('SIGINT');
      const ended = await roto.ended;
      expect([ended.code, ended.signal]).toEqual([130, null]);
      expect(ErrorDocument.parse(JSON.parse(ended.out)).error.code).toBe('interrupted');
    },
  );

  it('ends at once by a second Ctrl-C when the work does not stop', async () => {
    const roto = start(process.execPath, [...node, bin, ...mask], { STUBBORN: '1' });
    await roto.said('STUCK');
    roto.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(roto.child.exitCode ?? roto.child.signalCode).toBeNull();
    roto.child.kill('SIGINT');
    expect((await roto.ended).signal).toBe('SIGINT');
  });

  it('goes on to its end without a word when the reader of stdout goes away', async () => {
    const roto = start(process.execPath, [...node, bin, ...mask, '--json-stream']);
    roto.child.stdout?.destroy();
    const ended = await roto.ended;
    expect([ended.code, ended.err]).toEqual([0, '']);
  });

  it('fails, and says so, where a run is lost and nothing is left to wait for', async () => {
    const started = ['--json', '--json-stream'].map((form) =>
      start(process.execPath, [...node, bin, ...mask, form], { LOST: '1' }),
    );
    const [whole, last] = await Promise.all(started.map(({ ended }) => ended));
    expect([whole?.code, last?.code]).toEqual([1, 1]);
    expect(ErrorDocument.parse(JSON.parse(whole?.out ?? '')).error.code).toBe('internal');
    const event = RunEvent.parse(JSON.parse(last?.out.trimEnd().split('\n').at(-1) ?? ''));
    expect(event).toMatchObject({ event: 'error', error: { code: 'internal' } });
  });

  it('gives the status of a failure', async () => {
    const ended = await start(process.execPath, [...node, bin, 'mask', 'x.mp4']).ended;
    expect([ended.code, ended.out]).toEqual([3, '']);
  });

  it.each(['20.20.0', '22.18.9'])('says which version is needed on Node %s', async (version) => {
    const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`;
    const args = ['--import', pretend, bin, 'mask'];
    const text = await start(process.execPath, args).ended;
    expect(text).toMatchObject({ code: 2, out: '' });
    expect(text.err).toBe(`roto needs Node 22.19 or newer and was started by ${version}.\n`);
    const json = await start(process.execPath, [...args, '--json']).ended;
    expect(json.code).toBe(2);
    expect(ErrorDocument.parse(JSON.parse(json.out)).error.code).toBe('node_too_old');
  });
});

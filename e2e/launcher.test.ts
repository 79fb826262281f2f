import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErrorDocument, isErrorCode } from '../packages/sdk/src/contract/index.ts';
import { findOldNode } from './old-node.ts';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const oldNode = findOldNode();
const hasScript = (process.env['PATH'] ?? '')
  .split(delimiter)
  .some((bin) => existsSync(join(bin, 'script')));

/** Stands in for the CLI: says what it was given, or waits for signals and counts them. */
const cli = `
const { execPath, argv, stdin, stdout, exit, pid } = process;
if (argv[2] === 'say') {
  stdout.write(JSON.stringify({ execPath, script: argv[1], args: argv.slice(3) }) + '\\n');
} else if (argv[2] === 'cat') {
  stdin.pipe(stdout);
} else if (argv[2] === 'exit') {
  exit(Number(argv[3]));
} else if (argv[2] === 'die') {
  process.kill(pid, argv[3]);
  setTimeout(() => {}, 10_000);
} else {
  const alive = setInterval(() => {}, 1000);
  const ends = { SIGINT: 130, SIGTERM: 143 };
  let seen = 0;
  for (const [name, status] of Object.entries(ends)) {
    process.on(name, () => {
      seen += 1;
      stdout.write(name + ' ' + seen + '\\n');
      if (seen > 1) exit(1);
      // Long enough for a second one to arrive, were there one.
      setTimeout(() => { clearInterval(alive); process.exitCode = status; }, 400);
    });
  }
  stdout.write('ready\\n');
}
`;

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly ended: Promise<Ended>;
}

function start(command: string, args: readonly string[], input = ''): Started {
  const child = spawn(command, args, { stdio: 'pipe' });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  if (input !== '') child.stdin.end(input);
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (status, signal) => resolve({ status, signal, out, err }));
  });
  return { child, out: () => out, ended };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}

/** A clone as far as the launcher looks at it, with the stand-in as its CLI. */
function makeClone(folder: string, has: { built: boolean; node: boolean }): string {
  cpSync(join(repository, 'bin'), join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const packaged = join(folder, 'packages', 'cli');
  mkdirSync(join(packaged, 'bin'), { recursive: true });
  writeFileSync(join(packaged, 'bin', 'roto.js'), cli);
  if (has.built) {
    mkdirSync(join(packaged, 'dist'));
    writeFileSync(join(packaged, 'dist', 'main.js'), '');
  }
  if (has.node) {
    mkdirSync(join(folder, 'node_modules'));
    const name = `node-${process.platform}-${process.arch}`;
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    symlinkSync(dirname(manifest), join(folder, 'node_modules', name));
  }
  return join(folder, 'bin', 'roto.js');
}

describe('bin/roto.js', () => {
  const folder = mkdtempSync(join(tmpdir(), 'roto-launcher-'));
  let roto = '';

  beforeAll(() => {
    // A name with a space and a quote: paths reach the child as they are.
    roto = makeClone(join(folder, "a clone's"), { built: true, node: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('says in one sentence that a build is needed, and ends with status 2', async () => {
    const unbuilt = makeClone(join(folder, 'unbuilt'), { built: false, node: true });
    const { status, out, err } = await start(process.execPath, [unbuilt, 'say']).ended;
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain('npm run build');
  });

  it('prints the reason as a document where JSON was asked for', async () => {
    const unbuilt = makeClone(join(folder, 'unbuilt-json'), { built: false, node: true });
    const { status, out } = await start(process.execPath, [unbuilt, 'mask', '--json']).ended;
    expect(status).toBe(2);
    const { error } = ErrorDocument.parse(JSON.parse(out));
    expect([error.code, isErrorCode(error.code)]).toEqual(['not_built', true]);
  });

  it('runs the CLI in the same process where Node is new enough', async () => {
    const { status, out } = await start(process.execPath, [roto, 'say', 'a b']).ended;
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ execPath: process.execPath, args: ['a b'] });
  });

  describe.skipIf(oldNode === undefined)('started by an older Node (needs one, <22.19)', () => {
    const old = oldNode ?? '';

    async function startWaiting(): Promise<Started> {
      const started = start(old, [roto, 'wait']);
      await until(() => started.out().includes('ready'));
      return started;
    }

    it('names the version needed, with status 2, where the workspace has no Node', async () => {
      const bare = makeClone(join(folder, 'bare'), { built: true, node: false });
      const { status, out, err } = await start(old, [bare, 'say']).ended;
      expect({ status, out }).toEqual({ status: 2, out: '' });
      expect(err).toMatch(/needs Node 22\.19 or newer/);
    });

    it('hands over to the workspace Node with every argument as it was', async () => {
      const args = ['--json', '', 'a "b"', "c'd", '-x\ny', '$HOME'];
      const { status, out } = await start(old, [roto, 'say', ...args]).ended;
      expect(status).toBe(0);
      expect(JSON.parse(out)).toEqual({
        execPath: expect.stringContaining(`node-${process.platform}-${process.arch}`),
        script: expect.stringMatching(/packages\/cli\/bin\/roto\.js$/),
        args,
      });
    });

    it('shares stdin and stdout', async () => {
      const input = 'one\ntwo\n'.repeat(20_000);
      const { status, out } = await start(old, [roto, 'cat'], input).ended;
      expect(status).toBe(0);
      expect(out === input).toBe(true);
    });

    it('ends with the exit status of the CLI', async () => {
      expect((await start(old, [roto, 'exit', '6']).ended).status).toBe(6);
    });

    it('ends by the signal that ended the CLI', async () => {
      expect((await start(old, [roto, 'die', 'SIGKILL']).ended).signal).toBe('SIGKILL');
      expect((await start(old, [roto, 'die', 'SIGSEGV']).ended).signal).toBe('SIGSEGV');
    });

    it.each([
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const)('passes %s on once and ends with status %i', async (signal, status) => {
      const { child, ended } = await startWaiting();
      child.kill(signal);
      const end = await ended;
      expect(end).toMatchObject({ status, signal: null });
      expect(end.out).toMatch(new RegExp(`^ready\n${signal} 1\n$`));
    });

    it('ends the CLI in order when the launcher is killed by SIGKILL', async () => {
      const { child, ended, out } = await startWaiting();
      child.kill('SIGKILL');
      // Ends when stdout is closed, and the CLI holds it as long as it runs.
      expect(await ended).toMatchObject({ signal: 'SIGKILL' });
      expect(out()).toMatch(/SIGTERM 1\n$/);
    });

    it.skipIf(!hasScript)('a Ctrl-C of the terminal arrives once (needs script)', async () => {
      // `script` gives it a terminal, and turns the Ctrl-C written to it into a signal.
      const quoted = [old, roto, 'wait'].map((a) => `'${a.replaceAll("'", "'\\''")}'`).join(' ');
      const { child, ended, out } = start('script', ['-qec', quoted, '/dev/null']);
      await until(() => out().includes('ready'));
      child.stdin?.write('\u0003');
      expect(await ended).toMatchObject({ status: 130 });
      expect(out()).toMatch(/SIGINT 1\s*$/);
    });
  });
});

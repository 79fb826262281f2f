import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type AccountServer,
  startAccountServer,
} from '../packages/cli/test/support/account-server.ts';
import { ClipFolder, moving } from '../packages/inference/test/media-clips.ts';
import { NewKeyDocument } from '../packages/sdk/src/contract/index.ts';
import { writeSequence } from './support/clips.ts';

const run = promisify(execFile);
const example = (path: string) => fileURLToPath(new URL(`../examples/${path}`, import.meta.url));
const bin = fileURLToPath(new URL('../packages/cli/bin/roto.js', import.meta.url));
const clips = new ClipFolder();
let server: AccountServer;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  await clips.open();
  await clips.make('plate.mkv', moving(3, '96x64', '24'), ['-c:v', 'ffv1', '-pix_fmt', 'bgr0']);
  const movie = join(clips.path, 'plate.mkv');
  await writeSequence(join(clips.path, 'sh'), movie, 1001);
  await writeFile(
    join(clips.path, 'sh.roto.json'),
    JSON.stringify(shot('sh/plate.####.png', 1001)),
  );
  server = await startAccountServer({ ROTO_CREDITS: 'off', ROTO_WEBHOOKS_PRIVATE: 'on' });
  await server.signIn('ada@example.com');
  const scopes = 'videos:read,videos:write,tasks:read,tasks:write,account:read,account:write';
  const made = await server.document(['keys', 'create', 'farm', '--scopes', scopes]);
  const roto = join(clips.path, 'roto');
  await writeFile(roto, `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
  await chmod(roto, 0o755);
  env = {
    ...process.env,
    ROTO: roto,
    ROTO_BASE_URL: server.origin,
    ROTO_API_KEY: NewKeyDocument.parse(made).key.key,
    XDG_CONFIG_HOME: join(clips.path, 'config'),
    XDG_STATE_HOME: join(clips.path, 'state'),
  };
}, 120_000);

afterAll(async () => {
  await server.close();
  await clips.close();
});

function shot(path: string, frame: number) {
  const points = [{ x: 48, y: 32, label: 'positive' }];
  return {
    schema: 'roto.shot/1',
    source: { path },
    objects: [{ id: 1, name: 'hero', prompts: [{ frame, points }] }],
    engine: { name: 'lite', quality: 'draft', inputSize: 256 },
    outputs: [{ format: 'png16' }],
  };
}

/** Runs a program of the examples under this Node. */
function node(path: string, ...args: string[]) {
  return run(process.execPath, ['--conditions=roto-source', example(path), ...args], {
    env,
    cwd: clips.path,
  });
}

describe('examples/pipeline', () => {
  it('masks a sequence with the numbers of its plate, and tells a farm how far it is', async () => {
    const script = `set -o pipefail; '${example('pipeline/mask-sequence.sh')}' sh/plate.%04d.png 1001 1003 sh.roto.json farm --json-stream | '${process.execPath}' '${example('pipeline/openjd/progress.mjs')}'`;
    const { stdout } = await run('bash', ['-c', script], { env, cwd: clips.path });
    const percents = [...stdout.matchAll(/^openjd_progress: (\d+)$/gm)].map(([, n]) => Number(n));
    expect(percents.at(-1)).toBe(100);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(stdout).toContain('openjd_status: lite on cpu');
    expect((await readdir(join(clips.path, 'farm/hero'))).sort()).toEqual(
      [1001, 1002, 1003].map((frame) => `hero.${frame}.png`),
    );
  });

  it('lets a task of a farm fail with the reason and a status that is not 0', async () => {
    const script = `'${example('pipeline/mask-sequence.sh')}' sh/plate.%04d.png 1 9 sh.roto.json no --json-stream | '${process.execPath}' '${example('pipeline/openjd/progress.mjs')}'; echo "ends $?"`;
    const { stdout } = await run('bash', ['-c', script], { env, cwd: clips.path });
    expect(stdout).toContain('openjd_fail: frame_out_of_range: ');
    expect(stdout).toContain('ends 1');
  });

  it('masks what comes into a folder, and says why it could not', async () => {
    const inbox = join(clips.path, 'inbox');
    await mkdir(inbox);
    for (const name of ['good', 'bad']) {
      await copyFile(join(clips.path, 'plate.mkv'), join(inbox, `${name}.mkv`));
      const document = shot(`${name}.mkv`, name === 'good' ? 0 : 99);
      await writeFile(join(inbox, `${name}.roto.json`), JSON.stringify(document));
    }
    await node('pipeline/watch-folder.ts', inbox, 'watched', '--once');
    expect((await readdir(join(clips.path, 'watched/good/hero'))).length).toBe(3);
    expect((await readdir(join(inbox, 'done'))).sort()).toEqual(['good.mkv', 'good.roto.json']);
    const reason = await readFile(join(inbox, 'failed', 'bad.txt'), 'utf8');
    expect(reason).toMatch(/^frame_out_of_range: /);
  });

  it('masks a clip in three calls of the client', async () => {
    const { stdout } = await node('pipeline/mask-clip.ts', 'plate.mkv', '48,32', 'three');
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  });
});

describe('examples/upload-handler', () => {
  it('streams an upload through, and fetches the mattes once the webhook says they are there', async () => {
    const port = await freePort();
    const serve = example('upload-handler/serve.ts');
    const args = ['--conditions=roto-source', serve, String(port), 'handled'];
    const app = spawn(process.execPath, args, {
      env,
      cwd: clips.path,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const said = heard(app);
      await said(`http://127.0.0.1:${port}`);
      const body = await readFile(join(clips.path, 'plate.mkv'));
      const place = `http://127.0.0.1:${port}/clips/upload.mkv`;
      expect((await fetch(place, { method: 'PUT', body })).status).toBe(400);
      const taken = await fetch(`${place}?x=48&y=32`, { method: 'PUT', body });
      expect(taken.status).toBe(202);
      await said('task.completed');
      await said('.0002.png');
      const forged = await fetch(`http://127.0.0.1:${port}/hook`, { method: 'POST', body: '{}' });
      expect(forged.status).toBe(400);
    } finally {
      app.kill('SIGINT');
      await once(app, 'exit');
    }
  }, 120_000);
});

/** Waits until a program has said something on stdout. */
function heard({ stdout }: ChildProcess) {
  let text = '';
  stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return (wanted: string) =>
    vi.waitUntil(() => text.includes(wanted), { timeout: 90_000, interval: 50 });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  probe.close();
  await once(probe, 'close');
  return port;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PullProgress, pullPublished } from '../src/models/pull.ts';
import {
  begin,
  type Exchange,
  etag,
  type FileServer,
  serveFile,
  serveWell,
  startOf,
} from './support/file-server.ts';
import { content, limits, modelAt, name, pullWhole } from './support/pulled-model.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto "models" '));
  vi.stubEnv('ROTO_MODELS_DIR', folder);
  vi.stubEnv('ROTO_MODELS_BASE_URL', '');
  vi.stubEnv('NO_PROXY', '127.0.0.1');
  path = join(folder, 'sam2.1-tiny', name);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe('a pull that is stopped', () => {
  const slow = (exchange: Exchange) => {
    begin(exchange);
    exchange.response.write(content.subarray(startOf(exchange), 100_000));
  };

  test.each<[string, (exchange: Exchange) => void]>([
    ['while bytes come', slow],
    ['before an answer', () => undefined],
    ['between two tries', ({ response }) => response.writeHead(503, { 'retry-after': '60' }).end()],
  ])('%s ends at once, and the next one goes on', async (_when, behave) => {
    await using server = await serveFile(content, (exchange) =>
      exchange.index === 0 ? behave(exchange) : serveWell(exchange),
    );
    const stop = new AbortController();
    const pulling = pullPublished(modelAt(server), {
      signal: stop.signal,
      limits: { ...limits, stallMs: 60_000 },
    });
    while (server.requests.length === 0) await sleep(10);
    await sleep(100);
    stop.abort();
    await expect(pulling).rejects.toMatchObject({ code: 'interrupted' });
    await pullWhole(server);
  });

  test('while another one fetches ends at once, and the other goes on', async () => {
    let goOn = (): void => undefined;
    await using server = await serveFile(content, (exchange) => {
      slow(exchange);
      goOn = () => exchange.response.end(content.subarray(100_000));
    });
    const first = pullPublished(modelAt(server), {});
    while (server.requests.length === 0) await sleep(10);
    const stop = new AbortController();
    const seen: PullProgress[] = [];
    const second = pullPublished(modelAt(server), {
      signal: stop.signal,
      onProgress: (each) => seen.push(each),
    });
    while (seen.length === 0) await sleep(10);
    expect(seen[0]).toMatchObject({ waiting: true });
    stop.abort();
    await expect(second).rejects.toMatchObject({ code: 'interrupted' });
    goOn();
    expect(await first).toMatchObject({ pulled: true });
  });
});

describe('pulls in several processes', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  function spawnPull(server: FileServer): ChildProcess {
    const script = fileURLToPath(new URL('./support/pull-child.ts', import.meta.url));
    const args = ['--conditions=roto-source', script, JSON.stringify(modelAt(server))];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  }

  test('share one download with those of this one', async () => {
    await using server = await serveFile(content, async (exchange) => {
      begin(exchange);
      for (let at = startOf(exchange); at < content.length; at += 50_000) {
        exchange.response.write(content.subarray(at, at + 50_000));
        await sleep(60);
      }
      exchange.response.end();
    });
    const child = spawnPull(server);
    while (server.requests.length === 0) await sleep(10);
    const [code, a, b] = await Promise.all([
      once(child, 'exit').then(([status]) => status),
      pullPublished(modelAt(server), {}),
      pullPublished(modelAt(server), {}),
    ]);
    expect(code).toBe(0);
    expect([a.pulled, b.pulled]).toEqual([false, false]);
    expect(server.requests).toHaveLength(1);
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  test('leave what a killed one fetched to the next, at once', async () => {
    await using server = await serveFile(content, (exchange) => {
      if (exchange.index > 0) return serveWell(exchange);
      begin(exchange);
      exchange.response.write(content.subarray(0, 150_000));
    });
    const child = spawnPull(server);
    const arrived = async () => (await stat(`${path}.part`).catch(() => ({ size: 0 }))).size;
    while ((await arrived()) < 150_000) await sleep(20);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await pullWhole(server);
    expect(server.requests.at(-1)).toMatchObject({ range: 'bytes=150000-', ifRange: etag });
  });

  test('wait for one on another machine, until it has been silent for half a minute', async () => {
    await using server = await serveFile(content);
    const lock = join(folder, '.sam2.1-tiny.lock');
    await mkdir(folder, { recursive: true });
    const holder = { pid: process.pid, host: `not-${hostname()}`, token: 'x' };
    await writeFile(lock, JSON.stringify(holder));
    const waiting = pullPublished(modelAt(server), { signal: AbortSignal.timeout(500) });
    await expect(waiting).rejects.toMatchObject({ code: 'interrupted' });
    const old = new Date(Date.now() - 60_000);
    await utimes(lock, old, old);
    await pullWhole(server);
  });
});

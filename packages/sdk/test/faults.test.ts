import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mailsIn, tokenOf } from '../../server/test/support/mails.ts';
import { makeClip } from '../../server/test/support/ready-video.ts';
import { startServer } from '../../server/test/support/start-server.ts';
import { ConnectionError, memoryUploadStore, Roto } from '../src/index.ts';
import { type Fault, faultProxy } from './support/fault-proxy.ts';
import { madeBytes } from './support/made-bytes.ts';
import { rejection } from './support/rejection.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** A service on a socket, and a client of it that is signed in; `faults` are what a proxy does. */
async function startBehindProxy() {
  const { origin, data } = await startServer();
  const guest = new Roto({ baseUrl: origin });
  const account = { email: 'Ada@example.com', password: 'correct horse battery' };
  expect((await guest.auth.register(account)).email).toBe('ada@example.com');
  await guest.auth.confirm(tokenOf((await mailsIn(data, 1))[0]));
  const { accessToken } = await guest.auth.login(account);
  const { key } = await new Roto({ baseUrl: origin, apiKey: accessToken }).apiKeys.create({
    name: 'pipeline',
    scopes: ['videos:read', 'videos:write', 'tasks:read', 'tasks:write', 'billing:read'],
  });
  let faultOf: (method: string, path: string) => Fault | undefined = () => undefined;
  const proxy = await faultProxy(origin, (_, { method = '', url = '' }) => faultOf(method, url));
  const roto = new Roto({
    baseUrl: proxy.url,
    apiKey: key,
    // The service says where its files are by its own address.
    fetch: (url, init) => fetch(url.replace(origin, proxy.url), init),
  });
  return {
    roto,
    proxy,
    /** Does this to the next requests of this kind, one each. */
    plan(method: string, path: RegExp, faults: readonly Fault[]) {
      const left = [...faults];
      faultOf = (asked, url) => (asked === method && path.test(url) ? left.shift() : undefined);
      return () => left.length;
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

function many(fault: Fault): Fault[] {
  return Array.from({ length: 10 }, () => fault);
}

describe('over a line that breaks', () => {
  it('an upload and a download survive ten cuts each, byte for byte', async () => {
    await using setup = await startBehindProxy();
    const { roto, plan } = setup;
    await using folder = await temporaryFolder();
    const bytes = madeBytes(3_000_000);
    const path = join(folder.path, 'clip.mov');
    await writeFile(path, bytes);
    const cuts = plan(
      'PATCH',
      /^\/api\/uploads\//,
      many({ kind: 'cut-request', afterBytes: 150_000 }),
    );
    const seen: number[] = [];
    const video = await roto.videos.upload(path, {
      store: memoryUploadStore(),
      onProgress: ({ phase, loadedBytes }) => {
        if (phase === 'upload') seen.push(loadedBytes);
      },
    });
    expect(cuts()).toBe(0);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(bytes.length);

    const breaks = plan('GET', /^\/api\/files\//, many({ kind: 'cut-reply', afterBytes: 150_000 }));
    const copy = join(folder.path, 'copy.mov');
    await roto.videos.download(video.id, copy);
    expect(breaks()).toBe(0);
    expect((await readFile(copy)).equals(bytes)).toBe(true);
  }, 120_000);

  it('a POST that is sent ten times makes one task, and one charge', async () => {
    await using setup = await startBehindProxy();
    const { roto, plan, proxy } = setup;
    const { path, click } = await makeClip(2);
    const { id: video_id } = await roto.videos.wait((await roto.videos.upload(path)).id);
    await expect
      .poll(async () => (await roto.masks.qualities()).qualities[0]?.available, { timeout: 60_000 })
      .toBe(true);
    const faults: Fault[] = [
      { kind: 'drop-request' },
      ...many({ kind: 'drop-reply' }).slice(0, 7),
      { kind: 'duplicate' },
    ];
    const left = plan('POST', /generate-masks$/, faults);
    const asked = { video_id, points: { positive: [click] }, outputs: ['rle' as const] };
    const options = { idempotencyKey: 'shot-10-take-3', maxRetries: 0 };
    // As the client itself tries again, without its waits.
    for (let tries = 0; tries < 8; tries += 1) {
      expect(await rejection(roto.masks.create(asked, options))).toBeInstanceOf(ConnectionError);
    }
    const task = await roto.masks.create(asked, options);
    const again = await roto.masks.create(asked, options);
    expect(left()).toBe(0);
    expect(again.id).toBe(task.id);
    const posts = proxy.requests.filter(({ url }) => url.endsWith('generate-masks'));
    expect(posts).toHaveLength(10);
    await task.wait();
    expect((await roto.tasks.list()).items.map(({ id }) => id)).toEqual([task.id]);
    const charged = [];
    for await (const { kind, task_id } of roto.credits.history()) {
      if (task_id === task.id) charged.push(kind);
    }
    expect(charged.toSorted((a, b) => a.localeCompare(b))).toEqual(['capture', 'reserve']);
  }, 120_000);
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { s3Env, startS3 } from '../../server/test/support/s3-server.ts';
import type { Fetch } from '../src/fetch.ts';
import { memoryUploadStore } from '../src/index.ts';
import { madeBytes } from './support/made-bytes.ts';
import { rejection } from './support/rejection.ts';
import { startServiceClient } from './support/service-client.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

it('sends parts to the store itself without the key, and those alone that are missing after a stop', async () => {
  const service = await startServiceClient({ env: s3Env(await startS3()) });
  const puts: { readonly bytes: number; readonly key: boolean }[] = [];
  const fetch: Fetch = (url, init) => {
    if (url.startsWith('http://roto.test/')) return service.fetch(url, init);
    const { method, headers, body } = init;
    const bytes = body instanceof Uint8Array ? body.byteLength : 0;
    if (method === 'PUT') puts.push({ bytes, key: 'authorization' in headers });
    return globalThis.fetch(url, { ...init });
  };
  const roto = service.clientWith({ fetch });
  await using folder = await temporaryFolder();
  const bytes = madeBytes(36_000_000);
  const path = join(folder.path, 'clip.mov');
  await writeFile(path, bytes);
  const store = memoryUploadStore();
  const stop = new AbortController();
  const stopped = roto.videos.upload(path, {
    store,
    concurrency: 1,
    signal: stop.signal,
    onProgress: ({ phase, loadedBytes }) => {
      if (phase === 'upload' && loadedBytes > 0) stop.abort();
    },
  });
  expect(await rejection(stopped)).toMatchObject({ code: 'interrupted' });
  const seen: number[] = [];
  const video = await roto.videos.upload(path, {
    store,
    title: 'Plate 30',
    onProgress: ({ phase, loadedBytes }) => {
      if (phase === 'upload') seen.push(loadedBytes);
    },
  });
  const part = 16 * 1024 * 1024;
  expect(seen[0]).toBe(part);
  expect(seen.at(-1)).toBe(bytes.length);
  expect(puts.map((put) => put.bytes).toSorted((a, b) => b - a)).toEqual([
    part,
    part,
    bytes.length - 2 * part,
  ]);
  expect(puts.some(({ key }) => key)).toBe(false);
  expect(video).toMatchObject({ title: 'Plate 30', size_bytes: bytes.length });
});

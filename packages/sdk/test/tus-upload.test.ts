import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { describe, expect, it } from 'vitest';
import { fileSource } from '../src/platform/node/file-source.ts';
import { folderUploadStore } from '../src/platform/node/folder-upload-store.ts';
import type { TransferProgress } from '../src/progress.ts';
import { type TusUploadOptions, tusUpload } from '../src/tus-upload.ts';
import { blobSource, streamSource, type UploadSource } from '../src/upload-source.ts';
import { memoryUploadStore } from '../src/upload-store.ts';
import { type Fault, faultProxy } from './support/fault-proxy.ts';
import { bodyOf, type LocalServer, reply, serve } from './support/local-server.ts';
import { madeBytes } from './support/made-bytes.ts';
import { rejection } from './support/rejection.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { transportTo } from './support/transport.ts';

const content = madeBytes(3_000_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const endpoint = '/api/uploads';

/** A tus server that others wrote, keeping its files in `folder`. */
async function tusServer(folder: string): Promise<LocalServer> {
  const directory = await mkdtemp(join(folder, 'tus-'));
  const tus = new Server({
    path: endpoint,
    datastore: new FileStore({ directory }),
    relativeLocation: true,
  });
  const server = await serve((request, response) => tus.handle(request, response));
  return Object.assign(server, { directory });
}

/** The one finished upload of a server. */
async function arrived(folder: string): Promise<Buffer> {
  const [directory = ''] = (await readdir(folder)).filter((name) => name.startsWith('tus-'));
  const names = await readdir(join(folder, directory));
  const [id = '', ...others] = names.filter((name) => !name.endsWith('.json'));
  expect(others).toEqual([]);
  return readFile(join(folder, directory, id));
}

async function clip(folder: string): Promise<UploadSource> {
  const path = join(folder, 'plate.mov');
  await writeFile(path, content);
  return fileSource(path);
}

function upload(
  server: LocalServer,
  source: UploadSource,
  options: Partial<TusUploadOptions> = {},
) {
  return tusUpload(transportTo(server.url), source, { endpoint, ...options });
}

const methods = (server: LocalServer) => server.requests.map(({ method }) => method);

describe('an upload', () => {
  it('of a file arrives byte for byte, with its name and SHA-256, telling how far it is', async () => {
    await using folder = await temporaryFolder();
    await using server = await tusServer(folder.path);
    const told: TransferProgress[] = [];
    const done = await upload(server, await clip(folder.path), {
      metadata: { project: 'ä/1' },
      chunkBytes: 1_000_000,
      onProgress: (progress) => void told.push(progress),
    });
    expect(done).toMatchObject({ sizeBytes: content.length, sha256 });
    expect(done.url).toMatch(new RegExp(`^${server.url}${endpoint}/.`));
    expect((await arrived(folder.path)).equals(content)).toBe(true);
    expect(methods(server)).toEqual(['POST', 'PATCH', 'PATCH', 'PATCH']);
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect(server.requests[0]?.headers['upload-metadata']).toBe(
      `filename ${base64('plate.mov')},sha256 ${base64(sha256)},project ${base64('ä/1')}`,
    );
    for (const phase of ['hash', 'upload']) {
      const loaded = told.filter((one) => one.phase === phase).map((one) => one.loadedBytes);
      expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
      expect(loaded.at(-1)).toBe(content.length);
    }
    expect(told.every(({ totalBytes }) => totalBytes === content.length)).toBe(true);
  });

  it('survives ten faults of every kind, byte for byte', async () => {
    await using folder = await temporaryFolder();
    await using server = await tusServer(folder.path);
    const faults: Fault[] = [
      { kind: 'drop-request' },
      { kind: 'drop-reply' },
      { kind: 'cut-request', afterBytes: 100_000 },
      { kind: 'cut-request', afterBytes: 1 },
      { kind: 'duplicate' },
    ];
    let patches = 0;
    let faulty = 0;
    await using proxy = await faultProxy(server.url, (_, { method }) => {
      // Every second piece: what one of them broke, the next one has to mend.
      const spared = method !== 'PATCH' || patches++ % 2 === 1 || faulty === 10;
      return spared ? undefined : faults[faulty++ % faults.length];
    });
    const done = await upload(proxy, await clip(folder.path), { chunkBytes: 200_000 });
    expect(faulty).toBe(10);
    expect(done.sha256).toBe(sha256);
    expect((await arrived(folder.path)).equals(content)).toBe(true);
  });

  it('goes on in another process where one was stopped, and forgets it when it is done', async () => {
    await using folder = await temporaryFolder();
    await using server = await tusServer(folder.path);
    const state = join(folder.path, 'state');
    const stop = new AbortController();
    const first = upload(server, await clip(folder.path), {
      store: folderUploadStore(state),
      chunkBytes: 1_000_000,
      signal: stop.signal,
      onProgress: ({ phase, loadedBytes }) => {
        if (phase === 'upload' && loadedBytes > 0) stop.abort('enough');
      },
    });
    expect(await rejection(first)).toMatchObject({ name: 'AbortError', cause: 'enough' });
    const [file = ''] = await readdir(state);
    expect((await stat(join(state, file))).mode & 0o777).toBe(0o600);

    const told: number[] = [];
    await upload(server, await clip(folder.path), {
      store: folderUploadStore(state),
      onProgress: ({ phase, loadedBytes }) => void (phase === 'upload' && told.push(loadedBytes)),
    });
    expect(methods(server)).toEqual(['POST', 'PATCH', 'HEAD', 'PATCH']);
    expect(told[0]).toBe(1_000_000);
    expect((await arrived(folder.path)).equals(content)).toBe(true);
    expect(await readdir(state)).toEqual([]);
  });

  it('begins anew where the server has swept away what was begun', async () => {
    await using folder = await temporaryFolder();
    await using server = await tusServer(folder.path);
    const store = memoryUploadStore();
    const forgetful = { ...store, get: async () => `${server.url}${endpoint}/gone` };
    await upload(server, blobSource(new Blob([content]), 'a.mov'), { store: forgetful });
    expect(methods(server)).toEqual(['HEAD', 'POST', 'PATCH']);
  });

  it.each([
    ['of a known length', content.length, 900_000],
    ['of unknown length', undefined, 900_000],
    ['of unknown length that fills its pieces', undefined, 1_000_000],
  ])('of a stream %s arrives over broken connections', async (_, sizeBytes, chunkBytes) => {
    await using folder = await temporaryFolder();
    await using server = await tusServer(folder.path);
    let patches = 0;
    await using proxy = await faultProxy(server.url, (_index, { method }) =>
      method === 'PATCH' && patches++ === 1
        ? { kind: 'cut-request', afterBytes: 70_000 }
        : undefined,
    );
    const pieces = function* () {
      for (let at = 0; at < content.length; at += 77_777) yield content.subarray(at, at + 77_777);
    };
    const source = streamSource(Readable.from(pieces()), { name: 'a.mov', sizeBytes });
    const done = await upload(proxy, source, { chunkBytes });
    expect(done).toMatchObject({ sizeBytes: content.length, sha256 });
    expect((await arrived(folder.path)).equals(content)).toBe(true);
  });

  it.each([
    [content.length + 1, 'ended before'],
    [content.length - 1, 'goes on after'],
  ])('of a stream that has not the %i bytes it was said to have fails', async (sizeBytes, said) => {
    await using folder = await temporaryFolder();
    await using server = await tusServer(folder.path);
    const source = streamSource(Readable.from([content]), { name: 'a.mov', sizeBytes });
    const error = await rejection(upload(server, source));
    expect(error).toMatchObject({ name: 'UploadError', retryable: false });
    expect(String(error)).toContain(said);
  });

  it('of a file that changes on the way fails, saying so', async () => {
    await using folder = await temporaryFolder();
    await using server = await tusServer(folder.path);
    const source = await clip(folder.path);
    const call = upload(server, source, {
      chunkBytes: 1_000_000,
      onProgress: ({ phase, loadedBytes }) => {
        if (phase === 'upload' && loadedBytes === 0)
          void writeFile(join(folder.path, 'plate.mov'), 'x');
      },
    });
    expect(await rejection(call)).toMatchObject({ code: 'source_unreadable', retryable: false });
  });

  it('of nothing is an empty file', async () => {
    await using folder = await temporaryFolder();
    await using server = await tusServer(folder.path);
    await upload(server, blobSource(new Blob([]), 'empty.mov'));
    expect(await arrived(folder.path)).toHaveLength(0);
  });

  it('of more bytes than 32 bits can count sends all of them, and never has many in memory', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'long.mov');
    await writeFile(path, '');
    await truncate(path, 2 ** 32 + 5);
    const source = await fileSource(path);
    expect(source.sizeBytes).toBe(2 ** 32 + 5);
    const sent: number[] = [];
    // A server that has all but the last 40 MB: what is behind the fourth gigabyte counts here.
    let offset = 2 ** 32 - 40_000_000;
    await using server = await serve(async (request, response) => {
      const bytes = (await bodyOf(request)).byteLength;
      if (request.method === 'PATCH') sent.push(bytes);
      offset += bytes;
      response.writeHead(200, { 'upload-offset': `${offset}` }).end();
    });
    const store = { ...memoryUploadStore(), get: async () => `${server.url}/u/1` };
    const done = await upload(server, source, { store, sha256 });
    expect(done.sizeBytes).toBe(2 ** 32 + 5);
    expect(sent.reduce((sum, bytes) => sum + bytes)).toBe(40_000_005);
    expect(Math.max(...sent)).toBeLessThanOrEqual(8 * 1024 * 1024);
  });

  it('says how far it came when it gives up, and keeps what was begun', async () => {
    await using folder = await temporaryFolder();
    await using server = await tusServer(folder.path);
    let patches = 0;
    await using proxy = await faultProxy(server.url, (_, { method }) =>
      method === 'PATCH' && patches++ > 0 ? { kind: 'drop-request' } : undefined,
    );
    const store = memoryUploadStore();
    const urls: string[] = [];
    const noted = { ...store, set: async (_: string, url: string) => void urls.push(url) };
    const call = upload(proxy, blobSource(new Blob([content])), {
      store: noted,
      chunkBytes: 1_000_000,
      maxRetries: 1,
    });
    const error = await rejection(call);
    expect(error).toMatchObject({ name: 'UploadError', uploadedBytes: 1_000_000, retryable: true });
    expect(patches).toBe(3);
    expect(urls).toHaveLength(1);
  });

  it('is refused at once where the server will not have it, in the words of the server', async () => {
    const error = { code: 'quota_exceeded', message: 'No room.', requestId: 'r' };
    await using server = await serve((_, response) => reply(response, 413, { error }));
    const caught = await rejection(upload(server, blobSource(new Blob(['a']))));
    expect(caught).toMatchObject({ name: 'TooLargeError', message: 'No room.' });
    expect(server.requests).toHaveLength(1);
  });
});

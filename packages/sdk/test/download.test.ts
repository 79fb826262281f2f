import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { DownloadOptions, DownloadSource } from '../src/download.ts';
import { downloadFile } from '../src/platform/node/download-file.ts';
import { faultProxy } from './support/fault-proxy.ts';
import { type LocalServer, reply, serve } from './support/local-server.ts';
import { madeBytes } from './support/made-bytes.ts';
import { rejection } from './support/rejection.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { transportTo } from './support/transport.ts';

const content = madeBytes(4_000_000);
const sha256 = createHash('sha256').update(content).digest('hex');

/** Serves `bytes` of one version, from where it is asked to. */
function serveBytes(
  response: ServerResponse,
  request: IncomingMessage,
  bytes = content,
  etag = '"v1"',
) {
  const match = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const same = (request.headers['if-range'] ?? etag) === etag;
  const from = match !== null && same ? Number(match[1]) : 0;
  if (from >= bytes.length) return void response.writeHead(416).end();
  response.writeHead(from > 0 ? 206 : 200, {
    etag,
    'content-length': bytes.length - from,
    ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  response.end(bytes.subarray(from));
}

const serveFile = () => serve((request, response) => serveBytes(response, request));

async function get(
  server: LocalServer,
  folder: string,
  source: Partial<DownloadSource> = {},
  options: DownloadOptions = {},
) {
  const path = join(folder, 'deep', 'matte.exr');
  await downloadFile(
    transportTo(server.url),
    { url: '/files/matte.exr', ...source },
    path,
    options,
  );
  return readFile(path);
}

describe('a download', () => {
  it.each([
    ['whose SHA-256 is known', { sha256 }],
    ['whose version alone is known', {}],
  ])(
    '%s arrives byte for byte over ten cuts, asking each time only for the rest',
    async (_, source) => {
      await using folder = await temporaryFolder();
      await using server = await serveFile();
      await using proxy = await faultProxy(server.url, (index) =>
        index < 10 ? { kind: 'cut-reply', afterBytes: 300_000 } : undefined,
      );
      const loaded: number[] = [];
      const onProgress: DownloadOptions['onProgress'] = (progress) => {
        expect(progress).toMatchObject({ phase: 'download', totalBytes: content.length });
        loaded.push(progress.loadedBytes);
      };
      const got = await get(proxy, folder.path, source, { onProgress });
      expect(got.equals(content)).toBe(true);
      expect(proxy.requests).toHaveLength(11);
      const froms = proxy.requests.map(({ headers }) =>
        Number(/\d+/.exec(headers.range ?? '0')?.[0]),
      );
      expect(froms).toEqual(froms.toSorted((a, b) => a - b));
      expect(froms.at(-1)).toBeGreaterThan(0);
      expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
      expect(loaded.at(-1)).toBe(content.length);
      expect(await readdir(join(folder.path, 'deep'))).toEqual(['matte.exr']);
    },
  );

  it('goes on where a stopped one left off, and has no name until it is whole', async () => {
    await using folder = await temporaryFolder();
    await using server = await serve((request, response, index) => {
      if (index > 0) return serveBytes(response, request);
      response.writeHead(200, { etag: '"v1"', 'content-length': content.length });
      return void response.write(content.subarray(0, 1000));
    });
    const stop = new AbortController();
    const onProgress: DownloadOptions['onProgress'] = ({ loadedBytes }) => {
      if (loadedBytes === 1000) stop.abort('enough');
    };
    const call = rejection(get(server, folder.path, {}, { signal: stop.signal, onProgress }));
    const ended = await Promise.race([call, sleep(10_000, 'still there')]);
    expect(ended).toMatchObject({ name: 'AbortError', code: 'interrupted', cause: 'enough' });
    const files = await readdir(join(folder.path, 'deep'));
    expect(files.toSorted()).toEqual(['matte.exr.part', 'matte.exr.part.version']);

    expect((await get(server, folder.path)).equals(content)).toBe(true);
    expect(server.requests[1]?.headers).toMatchObject({ range: 'bytes=1000-', 'if-range': '"v1"' });
  });

  it('begins anew where the file has become another in between', async () => {
    await using folder = await temporaryFolder();
    const newer = madeBytes(300_000).reverse();
    await using server = await serve((request, response) =>
      serveBytes(response, request, newer, '"v2"'),
    );
    await mkdir(join(folder.path, 'deep'));
    await writeFile(join(folder.path, 'deep', 'matte.exr.part'), content.subarray(0, 1000));
    await writeFile(
      join(folder.path, 'deep', 'matte.exr.part.version'),
      `${server.url}/files/matte.exr\n"v1"`,
    );
    expect((await get(server, folder.path)).equals(newer)).toBe(true);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=1000-']);
  });

  it('trusts no rest that neither a version nor a SHA-256 holds it to', async () => {
    await using folder = await temporaryFolder();
    await using server = await serve((request, response) =>
      serveBytes(response, request, content, 'W/"v1"'),
    );
    await using proxy = await faultProxy(server.url, (index) =>
      index === 0 ? { kind: 'cut-reply', afterBytes: 40_000 } : undefined,
    );
    expect((await get(proxy, folder.path)).equals(content)).toBe(true);
    expect(proxy.requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
  });

  it('is fetched a second time where it arrived damaged, and refused where it is damaged again', async () => {
    await using folder = await temporaryFolder();
    const damaged = Buffer.from(content);
    damaged[400_000] = (damaged[400_000] ?? 0) ^ 1;
    await using server = await serve((request, response, index) =>
      serveBytes(response, request, index === 1 ? content : damaged),
    );
    expect((await get(server, folder.path, { sha256 })).equals(content)).toBe(true);
    expect(server.requests).toHaveLength(2);
    const error = await rejection(get(server, join(folder.path, 'b'), { sha256 }));
    expect(error).toMatchObject({ code: 'transfer_corrupt' });
    expect(await readdir(join(folder.path, 'b', 'deep'))).not.toContain('matte.exr');
  });

  it('asks for a new address where the old one has expired', async () => {
    await using folder = await temporaryFolder();
    await using server = await serve((request, response) =>
      request.url === '/files/m?n=1'
        ? reply(response, 403, undefined, { 'retry-after-ms': '1' })
        : serveBytes(response, request),
    );
    let asked = 0;
    const url = () => `/files/m?n=${++asked}`;
    expect((await get(server, folder.path, { url })).equals(content)).toBe(true);
    expect(asked).toBe(2);
  });

  it('gives up after as many tries that brought nothing as it may have', async () => {
    await using folder = await temporaryFolder();
    await using server = await serve((_, response) =>
      reply(response, 500, undefined, { 'retry-after-ms': '1' }),
    );
    expect(await rejection(get(server, folder.path))).toMatchObject({ status: 500 });
    expect(server.requests).toHaveLength(5);
  });

  it('is tried again where the connection falls silent', async () => {
    await using folder = await temporaryFolder();
    await using server = await serve((request, response, index) => {
      if (index > 0) return serveBytes(response, request);
      return void response
        .writeHead(200, { 'content-length': content.length, etag: '"v1"' })
        .write('a');
    });
    const got = await get(server, folder.path, { sha256 }, { stallMs: 100 });
    expect(got.equals(content)).toBe(true);
    expect(server.requests.length).toBeGreaterThan(1);
  });

  it('of another length than was promised is refused', async () => {
    await using folder = await temporaryFolder();
    await using server = await serveFile();
    const error = await rejection(get(server, folder.path, { sizeBytes: 3 }));
    expect(error).toMatchObject({ code: 'transfer_corrupt' });
  });

  it('of nothing is an empty file', async () => {
    await using folder = await temporaryFolder();
    await using server = await serve(
      (_, response) => void response.writeHead(200, { 'content-length': 0 }).end(),
    );
    expect(await get(server, folder.path, { sizeBytes: 0 })).toHaveLength(0);
  });

  it('says where a file stands in the way of its folder', async () => {
    await using folder = await temporaryFolder();
    await using server = await serveFile();
    await writeFile(join(folder.path, 'deep'), '');
    expect(await rejection(get(server, folder.path))).toMatchObject({ code: 'output_unwritable' });
  });
});

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { download } from '../src/models/download.ts';
import { type PullProgress, pullModel, pullPublished } from '../src/models/pull.ts';
import type { PublishedModel } from '../src/models/sam2-files.ts';
import {
  begin,
  dropAfter,
  type Exchange,
  etag,
  type FileServer,
  serveFile,
  serveWell,
  startOf,
} from './support/file-server.ts';
import {
  content,
  limits,
  modelAt,
  name,
  pullWhole,
  pullWholeWithin,
  sha256,
} from './support/pulled-model.ts';

/** For servers that fall silent. */
const impatient = { ...limits, stallMs: 400 };

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

async function pullFails(model: PublishedModel): Promise<unknown> {
  const error: unknown = await pullPublished(model, { limits }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(await stat(path).catch(() => 'none')).toBe('none');
  return error;
}

describe('pullModel', () => {
  test('fetches a model, with progress that rises to its size', async () => {
    await using server = await serveFile(content);
    const seen: PullProgress[] = [];
    const result = await pullPublished(modelAt(server), { onProgress: (each) => seen.push(each) });
    expect(result.pulled).toBe(true);
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(seen.at(-1)).toEqual({
      model: 'sam2.1-tiny',
      done: content.length,
      total: content.length,
      waiting: false,
    });
    const done = seen.map((each) => each.done);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });

  test('keeps a file that is there and right, and fetches one again that is not', async () => {
    await using server = await serveFile(content);
    await pullWhole(server);
    expect(await pullPublished(modelAt(server), {})).toMatchObject({ pulled: false });
    expect(server.requests).toHaveLength(1);
    const damaged = Buffer.from(content);
    damaged[1234] = (damaged[1234] ?? 0) ^ 1;
    await writeFile(path, damaged);
    await pullWhole(server);
  });

  test('takes the file from a mirror alone, where one is set', async () => {
    await using server = await serveFile(content);
    await using other = await serveFile(content);
    vi.stubEnv('ROTO_MODELS_BASE_URL', server.url.slice(0, -1));
    await pullWhole(other);
    expect(server.requests).toMatchObject([{ path: `/models/${name}` }]);
    expect(other.requests).toEqual([]);
  });

  test('does not take a mirror’s other file for the published one', async () => {
    await using server = await serveFile(content);
    vi.stubEnv('ROTO_MODELS_BASE_URL', server.url);
    await expect(pullModel('sam2.1-tiny')).rejects.toMatchObject({
      code: 'network_failed',
      message: expect.stringContaining(`400000 bytes or more, not 156008466`),
    });
  });

  test.each(['file:///models', 'mirror', 'ftp://127.0.0.1/'])(
    'refuses %s as a mirror',
    async (base) => {
      vi.stubEnv('ROTO_MODELS_BASE_URL', base);
      await expect(pullModel('sam2.1-tiny')).rejects.toMatchObject({
        code: 'invalid_argument',
        param: 'ROTO_MODELS_BASE_URL',
      });
    },
  );

  test('names the models there are', () => {
    expect(() => pullModel('sam2.1-huge')).toThrow(/sam2\.1-base-plus/);
  });
});

describe('a pull goes on', () => {
  const resumed = (server: FileServer) => server.requests.slice(1).map(({ range }) => range);

  test('where the connection dropped, as long as each try brings something', async () => {
    await using server = await serveFile(content, (exchange) =>
      exchange.index < 8 ? dropAfter(exchange, 30_000, `${path}.part`) : serveWell(exchange),
    );
    await pullWhole(server);
    expect(server.requests).toHaveLength(9);
    // Nothing was fetched twice.
    expect(resumed(server)).toEqual(
      Array.from({ length: 8 }, (_, index) => `bytes=${30_000 * (index + 1)}-`),
    );
    expect(server.requests.at(-1)).toMatchObject({ ifRange: etag });
  });

  test('where the server fell silent', async () => {
    await using server = await serveFile(content, (exchange) => {
      if (exchange.index > 0) return serveWell(exchange);
      begin(exchange);
      exchange.response.write(content.subarray(0, 100_000));
    });
    await pullWholeWithin(impatient, server);
    expect(resumed(server)).toEqual(['bytes=100000-']);
  });

  test('after a server that never answered', async () => {
    await using server = await serveFile(content, (exchange) =>
      exchange.index === 0 ? undefined : serveWell(exchange),
    );
    await pullWholeWithin(impatient, server);
  });

  test('from the start, where the server has a newer version', async () => {
    await using server = await serveFile(content, (exchange) => {
      if (exchange.index === 0) return dropAfter(exchange, 100_000, `${path}.part`);
      begin(exchange, '"v2"');
      exchange.response.end(content.subarray(startOf(exchange, '"v2"')));
      return undefined;
    });
    await pullWhole(server);
    expect(resumed(server)).toEqual(['bytes=100000-']);
  });

  test('from the start, where the server knows no ranges', async () => {
    await using server = await serveFile(content, (exchange) => {
      const whole: Exchange = { ...exchange, from: 0 };
      return exchange.index === 0 ? dropAfter(whole, 100_000, `${path}.part`) : serveWell(whole);
    });
    await pullWhole(server);
  });

  test('from the start, where the server sends another part than was asked for', async () => {
    await using server = await serveFile(content, (exchange) => {
      if (exchange.index === 0) return dropAfter(exchange, 100_000, `${path}.part`);
      return serveWell(exchange.index === 1 ? { ...exchange, from: 5 } : exchange);
    });
    await pullWhole(server);
    expect(resumed(server)).toEqual(['bytes=100000-', undefined]);
  });

  test('from the start, where the server says there is no such part', async () => {
    await using server = await serveFile(content, (exchange) => {
      if (exchange.index === 0) return dropAfter(exchange, 100_000, `${path}.part`);
      if (exchange.index > 1) return serveWell(exchange);
      exchange.response.writeHead(416, { 'content-range': 'bytes */99' }).end();
    });
    await pullWhole(server);
    expect(resumed(server)).toEqual(['bytes=100000-', undefined]);
  });

  test('after errors that pass', async () => {
    const statuses = [500, 429, 503];
    await using server = await serveFile(content, (exchange) => {
      const status = statuses[exchange.index];
      if (status === undefined) return serveWell(exchange);
      exchange.response.writeHead(status, status === 503 ? { 'retry-after': '0' } : {}).end('no');
    });
    await pullWhole(server);
  });

  test('at the next place, with what the first one brought', async () => {
    await using first = await serveFile(content, (exchange) => {
      if (exchange.index === 0) return dropAfter(exchange, 100_000, `${path}.part`);
      exchange.response.writeHead(404).end();
      return undefined;
    });
    await using second = await serveFile(content);
    await pullWhole(first, second);
    // The second server never stated a version for what is there.
    expect(second.requests).toMatchObject([{ range: 'bytes=100000-', ifRange: undefined }]);
  });

  test('through redirects, range and all', async () => {
    await using target = await serveFile(content, (exchange) =>
      exchange.index === 0 ? dropAfter(exchange, 100_000, `${path}.part`) : serveWell(exchange),
    );
    await using server = await serveFile(content, ({ response }) => {
      response.writeHead(302, { location: `${target.url}elsewhere` }).end();
    });
    await pullWhole(server);
    expect(target.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-']);
  });

  test('once more, where a byte was flipped on the way', async () => {
    await using server = await serveFile(content, (exchange) =>
      serveWell(exchange.index === 0 ? flipped(exchange) : exchange),
    );
    const done: number[] = [];
    await pullPublished(modelAt(server), { limits, onProgress: (each) => done.push(each.done) });
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(server.requests).toHaveLength(2);
    // What is shown to a person does not go back.
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });
});

function flipped(exchange: Exchange): Exchange {
  const damaged = Buffer.from(exchange.content);
  damaged[200_000] = (damaged[200_000] ?? 0) ^ 4;
  return { ...exchange, content: damaged };
}

describe('a pull ends', () => {
  test('in model_corrupt, where the file is never right, and leaves nothing to resume', async () => {
    await using server = await serveFile(content, (exchange) => serveWell(flipped(exchange)));
    expect(await pullFails(modelAt(server))).toMatchObject({
      code: 'model_corrupt',
      hint: expect.stringContaining(path),
    });
    expect(server.requests).toHaveLength(2);
    expect((await stat(`${path}.part`)).size).toBe(0);
  });

  test.each<[string, (exchange: Exchange) => void, number]>([
    ['is not there', ({ response }) => response.writeHead(404).end(), 1],
    ['may not be read', ({ response }) => response.writeHead(403).end(), 1],
    ['is always broken', ({ response }) => response.writeHead(500).end(), 5],
    [
      'has another size',
      ({ response }) => response.writeHead(200, { 'content-length': 12 }).end('hello, world'),
      1,
    ],
    [
      'has another size as a part says',
      ({ response }) =>
        response.writeHead(206, { 'content-range': 'bytes 0-11/12' }).end('hello, world'),
      1,
    ],
    [
      'is longer than it says',
      ({ response }) => response.writeHead(200).end(Buffer.concat([content, Buffer.from('!')])),
      1,
    ],
    ['is empty', ({ response }) => response.writeHead(200).end(), 5],
    [
      'ends early and says it did not',
      ({ response }) => {
        response.writeHead(200, { 'content-length': content.length });
        response.write(content.subarray(0, 100), () => response.destroy());
      },
      5,
    ],
    [
      'is behind redirects without end',
      ({ response, request }) => response.writeHead(302, { location: request.url }).end(),
      5,
    ],
  ])('in network_failed, where the file %s', async (_what, behave, requests) => {
    await using server = await serveFile(content, behave);
    expect(await pullFails(modelAt(server))).toMatchObject({ code: 'network_failed' });
    expect(server.requests).toHaveLength(requests);
  });

  test('offline with how to get the file by hand, without secrets of the address', async () => {
    const server = await serveFile(content);
    const { url } = server;
    await server[Symbol.asyncDispose]();
    const secret = url.replace('http://', 'http://user:pass@');
    const error = await pullFails(modelAt(`${secret}${name}?token=abc`));
    expect(error).toMatchObject({ code: 'network_failed', param: 'model' });
    expect(error).toMatchObject({
      hint: expect.stringMatching(new RegExp(`${sha256}.* put it at .*sam2.1-tiny.${name}`)),
    });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/pass|abc/);
  });

  test('at once, where the name of the server is not known', async () => {
    const waiting = { ...limits, firstWaitMs: 60_000, longestWaitMs: 60_000 };
    // No name at all, so that no server is asked for it.
    const model = modelAt(`http://a..b/${name}`);
    await expect(pullPublished(model, { limits: waiting })).rejects.toMatchObject({
      code: 'network_failed',
    });
  });

  test('before it begins, where the disk is too small', async () => {
    await using server = await serveFile(content);
    const file = { urls: [`${server.url}${name}`], path, bytes: content.length, sha256 };
    const freeBytes = () => Promise.resolve(content.length - 1);
    await expect(download(file, { freeBytes })).rejects.toMatchObject({ code: 'disk_full' });
    expect(server.requests).toEqual([]);
    // What is there already needs no room.
    await writeFile(`${path}.part`, content.subarray(0, 1));
    await download(file, { freeBytes });
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  test('where the models folder cannot be written', async () => {
    await writeFile(join(folder, 'sam2.1-tiny'), 'a file is in the way');
    await using server = await serveFile(content);
    const unwritable = {
      code: 'output_unwritable',
      hint: expect.stringContaining('ROTO_MODELS_DIR'),
    };
    await expect(pullPublished(modelAt(server), { limits })).rejects.toMatchObject(unwritable);
    vi.stubEnv('ROTO_MODELS_DIR', join(folder, 'sam2.1-tiny', 'below a file'));
    await expect(pullPublished(modelAt(server), { limits })).rejects.toMatchObject(unwritable);
    expect(server.requests).toEqual([]);
  });
});

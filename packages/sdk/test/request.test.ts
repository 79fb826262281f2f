import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ApiError,
  ConnectionError,
  ReplyError,
  Roto,
  type RotoOptions,
  TimeoutError,
} from '../src/index.ts';
import { faultProxy } from './support/fault-proxy.ts';
import { bodyOf, reply, serve } from './support/local-server.ts';
import { rejection } from './support/rejection.ts';

const Thing = z.object({ id: z.string() });
const get = { method: 'GET', path: '/api/thing', schema: Thing } as const;
const post = { method: 'POST', path: '/api/things', body: { a: 1 }, schema: Thing } as const;
const soon = { 'retry-after-ms': '1' };
const failure = (code: string, message = 'No.') => ({
  error: { code, message, requestId: 'req_1' },
});

function client(baseUrl: string, options: RotoOptions = {}): Roto {
  return new Roto({ baseUrl, apiKey: 'roto_secret', ...options });
}

describe('a request', () => {
  it('carries the key, JSON, headers of the caller, and none that the caller took away', async () => {
    let body = '';
    await using server = await serve(async (request, response) => {
      body = String(await bodyOf(request));
      reply(response, 200, { id: 'a' });
    });
    const headers = { accept: null, 'X-Mine': 'yes' };
    expect(await client(`${server.url}/base/`).request(post, { headers })).toEqual({ id: 'a' });
    expect(server.requests[0]?.url).toBe('/base/api/things');
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer roto_secret',
      'content-type': 'application/json',
      'user-agent': 'roto-sdk/0.1.0',
      'x-mine': 'yes',
    });
    expect(server.requests[0]?.headers.accept).not.toBe('application/json');
    expect(body).toBe('{"a":1}');
  });

  it('gives status, headers and request id to who asks for them', async () => {
    await using server = await serve((_, response) =>
      reply(response, 201, { id: 'a' }, { 'x-request-id': 'req_7' }),
    );
    const { data, status, requestId, headers } = await client(server.url)
      .request(get)
      .withResponse();
    expect({ data, status, requestId }).toEqual({
      data: { id: 'a' },
      status: 201,
      requestId: 'req_7',
    });
    expect(headers.get('content-type')).toBe('application/json');
  });

  it('asks a function for the key before every try', async () => {
    await using server = await serve((request, response) =>
      request.headers.authorization === 'Bearer key-2'
        ? reply(response, 200, { id: 'a' })
        : reply(response, 503, failure('internal'), soon),
    );
    let asked = 0;
    await client(server.url, { apiKey: async () => `key-${++asked}` }).request(get);
    expect(asked).toBe(2);
  });

  it('sends the key to nobody but the server of the base URL', async () => {
    await using other = await serve((_, response) => reply(response, 200, { id: 'b' }));
    await using server = await serve((_, response) => reply(response, 200, { id: 'a' }));
    await client(server.url).request({ ...get, path: `${other.url}/x` });
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('goes through the dispatcher that is given', async () => {
    await using server = await serve((_, response) => reply(response, 200, { id: 'a' }));
    const port = Number(new URL(server.url).port);
    const dispatcher = new Agent({
      connect: { lookup: (_h, _o, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) },
    });
    const roto = client(`http://nowhere.invalid:${port}`, { dispatcher });
    expect(await roto.request(get)).toEqual({ id: 'a' });
    await dispatcher.close();
  });

  it('tells the logger what it does and nothing that is secret', async () => {
    const said: string[] = [];
    const note = (...parts: unknown[]) => void said.push(JSON.stringify(parts));
    await using server = await serve((_, response, index) =>
      reply(response, index === 0 ? 503 : 200, { id: 'a' }, soon),
    );
    const roto = client(server.url, { logger: { debug: note, warn: note } });
    const token = 'x'.repeat(43);
    await roto.request({
      ...post,
      path: `/api/auth/confirm/${token}`,
      query: { signature: 'sig' },
    });
    expect(said).toHaveLength(3);
    expect(said.join()).toContain('tried again');
    expect(said.join()).not.toMatch(/roto_secret|xxxx|sig\b/);
  });
});

describe('retries', () => {
  it.each([408, 409, 429, 500, 502, 503, 504])(
    'makes three tries in all at status %i',
    async (status) => {
      await using server = await serve((_, response) => reply(response, status, undefined, soon));
      const error = await rejection(client(server.url).request(get));
      expect(error).toMatchObject({ status, retryable: true });
      expect(server.requests).toHaveLength(3);
    },
  );

  it.each([400, 401, 402, 403, 404, 413, 422])('makes one try at status %i', async (status) => {
    await using server = await serve((_, response) => reply(response, status, undefined, soon));
    expect(await rejection(client(server.url).request(get))).toMatchObject({
      status,
      retryable: false,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('does what x-should-retry says, whatever the status', async () => {
    await using server = await serve((request, response) =>
      request.url === '/api/thing'
        ? reply(response, 503, undefined, { ...soon, 'x-should-retry': 'false' })
        : reply(response, 400, undefined, { ...soon, 'x-should-retry': 'true' }),
    );
    const roto = client(server.url);
    await rejection(roto.request(get));
    expect(server.requests).toHaveLength(1);
    await rejection(roto.request(post));
    expect(server.requests).toHaveLength(4);
  });

  it('makes as many tries as the client or the call says', async () => {
    await using server = await serve((_, response) => reply(response, 500, undefined, soon));
    const roto = client(server.url, { maxRetries: 4 });
    await rejection(roto.request(get));
    expect(server.requests).toHaveLength(5);
    await rejection(roto.request(get, { maxRetries: 0 }));
    expect(server.requests).toHaveLength(6);
  });

  it('waits as long as retry-after says, and not at all where that is more than a minute', async () => {
    await using server = await serve((request, response, index) => {
      if (request.url === '/api/things')
        return reply(response, 429, undefined, { 'retry-after': '61' });
      return reply(response, index === 0 ? 429 : 200, { id: 'a' }, { 'retry-after': '1' });
    });
    const roto = client(server.url);
    const before = performance.now();
    await roto.request(get);
    expect(performance.now() - before).toBeGreaterThan(990);
    expect(await rejection(roto.request(post))).toMatchObject({ retryAfterMs: 61_000 });
    expect(server.requests).toHaveLength(3);
  });

  it('sends the same idempotency key at each try of a POST, another with the next, none with a GET', async () => {
    await using server = await serve((request, response, index) =>
      reply(response, index === 0 ? 500 : 200, { id: request.method }, soon),
    );
    const roto = client(server.url);
    await roto.request(post);
    await roto.request(post);
    await roto.request(post, { idempotencyKey: 'mine' });
    await roto.request(get);
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^roto-[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(keys.slice(3)).toEqual(['mine', undefined]);
  });

  it('makes one thing of a POST that is dropped, cut, doubled and lost on its way back', async () => {
    const made = new Map<unknown, number>();
    await using server = await serve(async (request, response) => {
      await bodyOf(request);
      const key = request.headers['idempotency-key'];
      if (!made.has(key)) made.set(key, made.size + 1);
      reply(response, 200, { id: `thing-${made.get(key)}`, more: 'x'.repeat(100) });
    });
    await using proxy = await faultProxy(server.url, (index) =>
      [
        { kind: 'drop-request' } as const,
        { kind: 'drop-reply' } as const,
        { kind: 'cut-reply', afterBytes: 20 } as const,
        { kind: 'duplicate' } as const,
      ].at(index),
    );
    const roto = client(proxy.url, { maxRetries: 3 });
    expect(await roto.request(post)).toMatchObject({ id: 'thing-1' });
    expect(proxy.requests).toHaveLength(4);
    expect(server.requests).toHaveLength(4);
    expect(made.size).toBe(1);
  });

  it('makes one thing of a POST that comes so late that it was sent again', async () => {
    const keys: unknown[] = [];
    await using server = await serve(async (request, response) => {
      await bodyOf(request);
      keys.push(request.headers['idempotency-key']);
      reply(response, 200, { id: 'a' });
    });
    await using proxy = await faultProxy(server.url, (index) =>
      index === 0 ? { kind: 'delay', ms: 1500 } : undefined,
    );
    await client(proxy.url).request(post, { timeoutMs: 1000 });
    await expect.poll(() => keys.length).toBe(2);
    expect(new Set(keys).size).toBe(1);
  });

  it('never sends a streamed body twice, and says so', async () => {
    await using server = await serve((request) => request.socket.destroy());
    const raw = new Blob(['bytes']).stream();
    const error = await rejection(
      client(server.url).request({ ...post, body: undefined, raw, schema: Thing }),
    );
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toContain('a streamed body can be sent once');
    expect(server.requests).toHaveLength(1);
  });

  it('tries once where a host does not exist', async () => {
    const roto = new Roto({ baseUrl: 'http://no-such-host.invalid' });
    const error = await rejection(roto.request(get));
    expect(error).toMatchObject({ code: 'network_failed', name: 'ConnectionError' });
    expect(error).toMatchObject({ cause: expect.any(Error) });
  });
});

describe('stopping', () => {
  const aborted = { name: 'AbortError', code: 'interrupted', retryable: false, cause: 'enough' };

  it('asks nothing when the signal has fired before', async () => {
    await using server = await serve((_, response) => reply(response, 200, { id: 'a' }));
    const signal = AbortSignal.abort('enough');
    expect(await rejection(client(server.url).request(get, { signal }))).toMatchObject(aborted);
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    ['no answer yet', () => undefined],
    ['half an answer', (response: import('node:http').ServerResponse) => response.write('{"id"')],
    [
      'a wait before the next try',
      (response: import('node:http').ServerResponse) =>
        reply(response, 503, undefined, { 'retry-after': '50' }),
    ],
  ])('leaves at once: %s', async (_, answer) => {
    await using server = await serve((_request, response) => void answer(response));
    const stop = new AbortController();
    const call = rejection(client(server.url).request(get, { signal: stop.signal }));
    await sleep(100);
    stop.abort('enough');
    expect(await Promise.race([call, sleep(10_000, 'still there')])).toMatchObject(aborted);
    expect(server.requests).toHaveLength(1);
  });

  it('ends the connection when the time of a try is over, and tries again', async () => {
    await using server = await serve((_, response, index) => {
      if (index > 0) reply(response, 200, { id: 'a' });
    });
    expect(await client(server.url).request(get, { timeoutMs: 80 })).toEqual({ id: 'a' });
    expect(server.left()).toBe(1);
  });

  it('takes a time that no timer can count to as none', async () => {
    await using server = await serve((_, response) => reply(response, 200, { id: 'a' }));
    const timeoutMs = 2 ** 31;
    expect(await client(server.url).request(get, { timeoutMs, maxRetries: 0 })).toEqual({
      id: 'a',
    });
  });

  it('counts a reply that does not end as one that took too long', async () => {
    await using server = await serve((_, response) => void response.write('{'));
    const error = await rejection(
      client(server.url).request(get, { timeoutMs: 80, maxRetries: 0 }),
    );
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: 'timed_out', retryable: true });
  });
});

describe('a failed reply', () => {
  it.each([
    [400, 'BadRequestError'],
    [401, 'AuthenticationError'],
    [402, 'PaymentRequiredError'],
    [403, 'PermissionError'],
    [404, 'NotFoundError'],
    [409, 'ConflictError'],
    [413, 'TooLargeError'],
    [418, 'ApiError'],
    [422, 'UnprocessableError'],
    [429, 'RateLimitError'],
    [503, 'ServerError'],
  ])('of status %i is a %s with all that the server said', async (status, name) => {
    const error = {
      code: 'invalid_shot',
      message: 'No.',
      param: 'objects.0',
      requestId: 'req_9',
      docUrl: 'https://e.org',
    };
    await using server = await serve((_, response) => reply(response, status, { error }));
    const caught = await rejection(client(server.url).request(get, { maxRetries: 0 }));
    expect(caught).toBeInstanceOf(ApiError);
    expect(caught).toMatchObject({ name, status, wireCode: 'invalid_shot', ...error });
  });

  it('of a newer server keeps its code beside one that is known', async () => {
    await using server = await serve((_, response) => reply(response, 401, failure('brand_new')));
    const error = await rejection(client(server.url).request(get));
    expect(error).toMatchObject({ code: 'unauthenticated', wireCode: 'brand_new', message: 'No.' });
  });

  it('from a proxy says method, address and status, and nothing of its page', async () => {
    await using server = await serve(
      (_, response) =>
        void response
          .writeHead(502, { ...soon, 'content-type': 'text/html' })
          .end('<html>'.repeat(50_000)),
    );
    const error = await rejection(client(server.url).request({ ...get, query: { token: 's3' } }));
    expect(error).toMatchObject({
      status: 502,
      message: `GET ${server.url}/api/thing was answered with status 502.`,
    });
  });

  it('that is no JSON, or not of the contract, says where', async () => {
    await using server = await serve((_, response, index) =>
      index === 0 ? void response.end('<html>') : reply(response, 200, { id: 3 }),
    );
    const roto = client(server.url);
    expect(String(await rejection(roto.request(get)))).toContain('is not JSON');
    const error = await rejection(roto.request(get));
    expect(error).toBeInstanceOf(ReplyError);
    expect(String(error)).toContain('at id:');
  });

  it('is refused where it redirects a POST, naming the place', async () => {
    await using server = await serve(
      (_, response) => void response.writeHead(301, { location: 'https://there.example/' }).end(),
    );
    const error = await rejection(client(server.url).request(post));
    expect(String(error)).toContain('is redirected to https://there.example/');
    expect(server.requests).toHaveLength(1);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type ServerEventsOptions, serverEvents } from '../src/internal/sse.ts';
import { type LocalServer, reply, serve } from './support/local-server.ts';
import { rejection } from './support/rejection.ts';
import { transportTo } from './support/transport.ts';

const stream = { 'content-type': 'text/event-stream' };
const event = (n: number) => `id: ${n}\nevent: progress\ndata: {"n":${n}}\n\n`;

async function collect(server: LocalServer, until: number, options: ServerEventsOptions = {}) {
  const seen: string[] = [];
  for await (const { data } of serverEvents(transportTo(server.url), { path: '/e' }, options)) {
    seen.push(data);
    if (data === `{"n":${until}}`) break;
  }
  return seen;
}

describe('events of a server', () => {
  it('come whole however they are cut, and once each over connections that break', async () => {
    await using server = await serve(async (request, response) => {
      const from = Number(request.headers['last-event-id'] ?? 0);
      response.writeHead(200, stream);
      // The last one again, then one more in two pieces, then a third that never ends.
      response.write(`retry: 100\n\n${from === 0 ? '' : event(from)}`);
      const next = event(from + 1);
      response.write(next.slice(0, 17));
      await sleep(5);
      response.write(next.slice(17));
      response.write(event(from + 2).slice(0, -1));
      await sleep(5);
      response.destroy();
    });
    expect(await collect(server, 5)).toEqual([1, 2, 3, 4, 5].map((n) => `{"n":${n}}`));
    expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual([
      undefined,
      '1',
      '2',
      '3',
      '4',
    ]);
  });

  it('end the connection when the loop is left', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, stream).write(event(1));
    });
    await collect(server, 1);
    await expect.poll(server.left).toBe(1);
    expect(server.requests).toHaveLength(1);
  });

  it('end where the server says that there are no more', async () => {
    await using server = await serve((_, response, index) =>
      index === 0
        ? void response.writeHead(200, stream).end(`retry: 100\n\n${event(1)}`)
        : void response.writeHead(204).end(),
    );
    expect(await collect(server, 99)).toEqual(['{"n":1}']);
  });

  it('are given up on after as many connections without one as there are tries', async () => {
    await using server = await serve((_, response) =>
      reply(response, 503, undefined, { 'retry-after-ms': '1' }),
    );
    expect(await rejection(collect(server, 1))).toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(3);
  });

  it('are asked for again where a connection is silent for too long', async () => {
    await using server = await serve((_, response, index) => {
      response.writeHead(200, stream).write(index === 0 ? 'retry: 100\n\n' : event(1));
    });
    expect(await collect(server, 1, { stallMs: 150 })).toEqual(['{"n":1}']);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['while nothing comes', () => undefined],
    [
      'between connections',
      (response: import('node:http').ServerResponse) => response.end('retry: 50000\n\n'),
    ],
  ])('stop at once when the signal fires %s', async (_, then) => {
    await using server = await serve((_request, response) => {
      response.writeHead(200, stream).write(event(1));
      then(response);
    });
    const stop = new AbortController();
    const call = rejection(collect(server, 99, { signal: stop.signal }));
    await sleep(150);
    stop.abort('enough');
    const ended = await Promise.race([call, sleep(10_000, 'still there')]);
    expect(ended).toMatchObject({ name: 'AbortError', cause: 'enough' });
    expect(server.requests).toHaveLength(1);
  });

  it('are refused where the reply is no stream of them, and where there is nothing', async () => {
    await using server = await serve((_, response, index) =>
      reply(response, index === 0 ? 200 : 404, {}),
    );
    expect(String(await rejection(collect(server, 1)))).toContain('the reply is none');
    expect(await rejection(collect(server, 1))).toMatchObject({ status: 404 });
    expect(server.requests).toHaveLength(2);
  });
});

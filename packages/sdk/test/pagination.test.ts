import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { list } from '../src/pagination.ts';
import { reply, serve } from './support/local-server.ts';
import { rejection } from './support/rejection.ts';
import { transportTo } from './support/transport.ts';

const Item = z.object({ n: z.number() });

/** Seven items, three a page; the second page is refused once. */
function servePages() {
  let refused = false;
  return serve((request, response) => {
    const url = new URL(request.url ?? '', 'http://here');
    const from = Number(url.searchParams.get('cursor') ?? 0);
    if (from === 3 && !refused) {
      refused = true;
      return reply(response, 503, undefined, { 'retry-after-ms': '1' });
    }
    const data = [0, 1, 2].map((n) => ({ n: from + n })).filter(({ n }) => n < 7);
    return reply(response, 200, { data, nextCursor: from + 3 < 7 ? `${from + 3}` : null });
  });
}

describe('a list', () => {
  it('gives its first page to await, and asks for no other', async () => {
    await using server = await servePages();
    const page = await list(transportTo(server.url), {
      path: '/l',
      item: Item,
      query: { limit: 3 },
    });
    expect(page).toMatchObject({
      items: [{ n: 0 }, { n: 1 }, { n: 2 }],
      nextCursor: '3',
      hasNext: true,
    });
    expect(server.requests.map(({ url }) => url)).toEqual(['/l?limit=3']);
  });

  it('gives every item of every page to for await, asking when they are needed', async () => {
    await using server = await servePages();
    const seen: number[] = [];
    for await (const { n } of list(transportTo(server.url), { path: '/l', item: Item })) {
      seen.push(n);
      if (n === 2) expect(server.requests).toHaveLength(1);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(server.requests).toHaveLength(4);
  });

  it('asks for nothing more once the loop is left', async () => {
    await using server = await servePages();
    for await (const _ of list(transportTo(server.url), { path: '/l', item: Item })) break;
    expect(server.requests).toHaveLength(1);
  });

  it('gives page after page, undefined after the last, and begins where it is told to', async () => {
    await using server = await servePages();
    const query = { cursor: '6' };
    const last = await list(transportTo(server.url), { path: '/l', item: Item, query });
    expect(last).toMatchObject({ items: [{ n: 6 }], nextCursor: null, hasNext: false });
    expect(await last.next()).toBeUndefined();
  });

  it('stops between pages when the signal fires', async () => {
    await using server = await servePages();
    const stop = new AbortController();
    const all = async () => {
      for await (const { n } of list(
        transportTo(server.url),
        { path: '/l', item: Item },
        { signal: stop.signal },
      )) {
        if (n === 2) stop.abort();
      }
    };
    expect(await rejection(all())).toMatchObject({ code: 'interrupted' });
    expect(server.requests).toHaveLength(1);
  });
});

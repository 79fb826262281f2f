import type { z } from 'zod';
import { ApiPromise, type ApiReply } from './api-promise.ts';
import { pageOf } from './contract/pagination.ts';
import type { QueryValue, RequestOptions, Transport } from './request.ts';

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** What asks for the page after this one; null after the last. */
  readonly nextCursor: string | null;
  /** Whether there is a page after this one. */
  readonly hasNext: boolean;
  /**
   * The page after this one, or undefined after the last.
   * @throws what any call throws
   */
  next(): Promise<Page<Item> | undefined>;
}

/** Where one may ask a list to begin, and in what steps. */
export interface ListParams {
  /** Items a page, as many as the server allows. */
  readonly limit?: number | undefined;
  /** `nextCursor` of an earlier page. */
  readonly cursor?: string | undefined;
}

/** A list the server gives page by page. */
export interface ListSpec<Schema extends z.ZodType> {
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  /** Schema of one item. */
  readonly item: Schema;
}

/**
 * A list: `await` gives its first page, `for await` every item of every page, asked for when they
 * are needed.
 */
export class ListPromise<Item> extends ApiPromise<Page<Item>> implements AsyncIterable<Item> {
  /** Every page, asked for when it is needed. */
  async *pages(): AsyncGenerator<Page<Item>, void, undefined> {
    for (let page: Page<Item> | undefined = await this; page; page = await page.next()) yield page;
  }

  /** The same list with each of its items made into something else. */
  mapItems<Made>(make: (item: Item) => Made): ListPromise<Made> {
    const reply = this.withResponse();
    return new ListPromise(reply.then((first) => ({ ...first, data: madePage(first.data, make) })));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const page of this.pages()) yield* page.items;
  }
}

function madePage<Item, Made>(page: Page<Item>, make: (item: Item) => Made): Page<Made> {
  const next = async (): Promise<Page<Made> | undefined> => {
    const after = await page.next();
    return after === undefined ? undefined : madePage(after, make);
  };
  return { ...page, items: page.items.map(make), next };
}

/** Asks for a list; `options` count for each of its pages. */
export function list<Schema extends z.ZodType>(
  transport: Transport,
  spec: ListSpec<Schema>,
  options: RequestOptions = {},
): ListPromise<z.output<Schema>> {
  return new ListPromise(readPage(transport, spec, options));
}

async function readPage<Schema extends z.ZodType>(
  transport: Transport,
  spec: ListSpec<Schema>,
  options: RequestOptions,
): Promise<ApiReply<Page<z.output<Schema>>>> {
  const schema = pageOf(spec.item);
  const { path, query } = spec;
  const request = transport.request({ method: 'GET', path, query, schema }, options);
  const reply = await request.withResponse();
  const { data: items, nextCursor } = reply.data;
  const next = async (): Promise<Page<z.output<Schema>> | undefined> => {
    if (nextCursor === null) return undefined;
    const after = { ...spec, query: { ...query, cursor: nextCursor } };
    return (await readPage(transport, after, options)).data;
  };
  return { ...reply, data: { items, nextCursor, hasNext: nextCursor !== null, next } };
}

// Types, positive and negative: checked with the others by tsc, run by nobody.
import { Agent } from 'undici';
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import type { ErrorCode } from '../src/contract/errors.ts';
import type { TaskStatus } from '../src/contract/tasks.ts';
import {
  ApiError,
  type ApiReply,
  ClientError,
  type Page,
  Roto,
  TaskFailedError,
  verifyWebhook,
} from '../src/index.ts';
import { list } from '../src/pagination.ts';
import { transportTo } from './support/transport.ts';

const Thing = z.object({ id: z.string(), status: z.enum(['a', 'b']) });
type Thing = z.infer<typeof Thing>;
const get = { method: 'GET', path: '/things', schema: Thing } as const;
const roto = new Roto({
  apiKey: async () => 'key',
  fetch,
  dispatcher: new Agent(),
  logger: console,
});

expectTypeOf(await roto.request(get)).toEqualTypeOf<Thing>();
expectTypeOf(await roto.request(get).withResponse()).toEqualTypeOf<ApiReply<Thing>>();
expectTypeOf(await roto.request(get).catch(() => 3)).toEqualTypeOf<Thing | number>();

// @ts-expect-error a number is no key
new Roto({ apiKey: 3 });
// @ts-expect-error there is no such option
new Roto({ baseURL: 'http://e.org' });
// @ts-expect-error an agent of Node's own http is no dispatcher
new Roto({ dispatcher: { maxSockets: 3 } });
// @ts-expect-error a reply without a schema is of no type
roto.request({ method: 'GET', path: '/things' });
// @ts-expect-error there is no such method
roto.request({ ...get, method: 'FETCH' });
// @ts-expect-error seconds are not asked for
roto.request(get, { timeout: 3 });
// @ts-expect-error the reply has no such field
(await roto.request(get)).name;

const things = list(transportTo('http://e.org'), { path: '/things', item: Thing });
expectTypeOf(await things).toEqualTypeOf<Page<Thing>>();
for await (const thing of things) expectTypeOf(thing).toEqualTypeOf<Thing>();

/** A code that is not one of the list does not compile. */
export function explain(error: unknown): string {
  if (error instanceof TaskFailedError) {
    expectTypeOf(error.task.status).toEqualTypeOf<TaskStatus>();
  }
  if (error instanceof ApiError) {
    expectTypeOf(error.status).toEqualTypeOf<number>();
    expectTypeOf(error.requestId).toEqualTypeOf<string | undefined>();
  }
  if (!(error instanceof ClientError)) return '';
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
  expectTypeOf(error.retryable).toEqualTypeOf<boolean>();
  // @ts-expect-error there is no such code
  return error.code === 'no_such_code' ? '' : error.message;
}

expectTypeOf(await verifyWebhook({ body: '', signature: null }, 'a')).toBeUnknown();
// @ts-expect-error parsed JSON is not what was signed
void verifyWebhook({ body: {}, signature: '' }, 'a');

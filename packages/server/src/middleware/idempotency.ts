import { createHash } from 'node:crypto';
import { RotoError } from '@roto/sdk/contract';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { AppEnv } from '../app-env.ts';
import { secondsAfter } from '../clock.ts';
import {
  claimIdempotencyKey,
  dropIdempotencyKey,
  keepIdempotencyKey,
  keepResponse,
} from '../db/queries/idempotency-keys.ts';
import type { Trx } from '../db/types.ts';
import type { AppDeps } from '../deps.ts';

const header = 'Idempotency-Key';
const acceptable = /^[\x21-\x7e]{1,200}$/;
/** Seconds that an answer is kept. */
const keptSeconds = 24 * 60 * 60;
/** Milliseconds between two signs of life of a request that takes long. */
const aliveMs = 15_000;

/** What {@link idempotency} stands on. */
export interface IdempotencyOptions extends Pick<AppDeps, 'db' | 'clock'> {
  /** Uploads are not read twice: there the key, the path and the length are the request. */
  readonly streamed?: boolean;
}

/**
 * For routes that create or charge: the answer to a request with an Idempotency-Key is kept for a
 * day and given again to the same request, so that a client may repeat what it lost sight of. The
 * same key with another request is refused, and one whose first request is not answered yet.
 * Answers that hold secrets must not come here.
 */
export function idempotency(options: IdempotencyOptions): MiddlewareHandler<AppEnv> {
  const { db, clock, streamed = false } = options;
  return async function idempotency(c, next) {
    const key = c.req.header(header);
    if (key === undefined) return next();
    if (!acceptable.test(key)) {
      throw new RotoError('invalid_argument', 'Expected a key of 1 to 200 visible characters.', {
        param: header,
      });
    }
    const owner = c.var.identity?.user.id ?? `address:${c.var.clientAddress}`;
    const now = clock();
    const mine = {
      owner,
      key,
      method: c.req.method,
      path: c.req.path,
      request_hash: await requestHash(c, streamed),
      created_at: now,
      expires_at: secondsAfter(now, keptSeconds),
    };
    const earlier = await claimIdempotencyKey(db, mine, now);
    if (earlier !== undefined) return replay(c, earlier, mine.request_hash);
    c.set('idempotencyKey', { owner, key });
    const alive = setInterval(() => {
      keepIdempotencyKey(db, { owner, key }, clock()).catch((error: unknown) =>
        c.var.log.warn({ err: error }, 'could not keep an idempotency key'),
      );
    }, aliveMs);
    try {
      await next();
    } finally {
      clearInterval(alive);
    }
    await settle(c, db, { owner, key });
  };
}

/**
 * Keeps an answer in the transaction of what it tells of, for what must not happen twice: where the
 * process or the database ends before the answer is sent, the request finds it when it comes again.
 */
export function answerWithin(
  c: Context<AppEnv>,
  status: ContentfulStatusCode,
): (trx: Trx, answer: unknown) => Promise<void> {
  return async (trx, answer) => {
    const { idempotencyKey } = c.var;
    if (idempotencyKey === undefined) return;
    await keepResponse(trx, idempotencyKey, {
      response_status: status,
      response_type: 'application/json',
      response_body: JSON.stringify(answer),
    });
  };
}

async function requestHash(c: Context<AppEnv>, streamed: boolean): Promise<string> {
  const url = new URL(c.req.url);
  const hash = createHash('sha256').update(`${c.req.method} ${url.pathname}${url.search}\0`);
  if (streamed) hash.update(c.req.header('Content-Length') ?? '');
  else hash.update(new Uint8Array(await c.req.arrayBuffer()));
  return hash.digest('hex');
}

/** An answer of an earlier request with the key. */
interface Earlier {
  readonly request_hash: string;
  readonly response_status: number | null;
  readonly response_type: string | null;
  readonly response_body: string | null;
}

function replay(c: Context<AppEnv>, earlier: Earlier, hash: string): Response {
  if (earlier.request_hash !== hash) {
    throw new RotoError('idempotency_mismatch', 'This key was used for another request.', {
      param: header,
    });
  }
  if (earlier.response_status === null) {
    throw new RotoError('idempotency_in_progress', 'The first request is not answered yet.', {
      param: header,
    });
  }
  c.header('Idempotency-Replayed', 'true');
  if (earlier.response_type !== null) c.header('Content-Type', earlier.response_type);
  // biome-ignore lint/plugin: it was the status of a reply of ours
  const status = earlier.response_status as ContentfulStatusCode;
  return c.body(earlier.response_body ?? '', status);
}

/** Keeps the answer; a failure of ours is not one, and may be tried again. */
async function settle(
  c: Context<AppEnv>,
  db: AppDeps['db'],
  key: { readonly owner: string; readonly key: string },
): Promise<void> {
  const { status } = c.res;
  if (status >= 500 || status === 429) return dropIdempotencyKey(db, key);
  await keepResponse(db, key, {
    response_status: status,
    response_type: c.res.headers.get('Content-Type'),
    response_body: await c.res.clone().text(),
  });
}

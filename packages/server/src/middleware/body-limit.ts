import { RotoError } from '@roto/sdk/contract';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit as honoBodyLimit } from 'hono/body-limit';
import type { AppEnv } from '../app-env.ts';

/** What {@link bodyLimit} lets through. */
export interface BodyLimitOptions {
  readonly maxBytes: number;
  /** Paths of uploads, which have a limit of their own while they stream. */
  readonly except: readonly RegExp[];
}

/** Refuses bodies above a limit, before they are read where they say how long they are. */
export function bodyLimit({ maxBytes, except }: BodyLimitOptions): MiddlewareHandler<AppEnv> {
  const limit = honoBodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new RotoError('payload_too_large', `Expected a body of at most ${maxBytes} bytes.`);
    },
  });
  return function bodyLimit(c, next) {
    return except.some((path) => path.test(c.req.path)) ? next() : limit(c, next);
  };
}

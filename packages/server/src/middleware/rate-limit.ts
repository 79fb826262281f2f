import { RotoError } from '@roto/sdk/contract';
import type { Context, MiddlewareHandler } from 'hono';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { AppEnv } from '../app-env.ts';

/** How many requests in how long. */
export interface RateLimitOptions {
  readonly name: string;
  readonly requests: number;
  readonly seconds: number;
  /** What is counted: the account behind a request, else where it came from; or always the latter. */
  readonly by: 'caller' | 'address';
}

/**
 * Counts requests and refuses what is too many, with the headers of draft-ietf-httpapi-ratelimit-headers-06. Each API process counts for itself.
 */
export function rateLimit(options: RateLimitOptions): MiddlewareHandler<AppEnv> {
  const { name, requests, seconds, by } = options;
  const limiter = new RateLimiterMemory({ points: requests, duration: seconds, keyPrefix: name });
  return async function rateLimit(c, next) {
    const caller = by === 'caller' ? c.var.identity?.user.id : undefined;
    const state = await consume(limiter, caller ?? c.var.clientAddress);
    const resetSeconds = Math.ceil(state.msBeforeNext / 1000);
    c.header('RateLimit-Policy', `${requests};w=${seconds}`);
    c.header('RateLimit-Limit', String(requests));
    c.header('RateLimit-Remaining', String(Math.max(state.remainingPoints, 0)));
    c.header('RateLimit-Reset', String(resetSeconds));
    if (state.consumedPoints > requests) refuse(c, resetSeconds);
    await next();
  };
}

function refuse(c: Context<AppEnv>, resetSeconds: number): never {
  c.header('Retry-After', String(resetSeconds));
  throw new RotoError('rate_limited', `Too many requests: go on in ${resetSeconds} seconds.`);
}

/** The library rejects with the same state once there is nothing left. */
async function consume(limiter: RateLimiterMemory, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (state) {
    if (state instanceof RateLimiterRes) return state;
    throw state;
  }
}

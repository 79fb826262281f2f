import { ApiError, ClientError } from './errors.ts';
import { throwIfAborted } from './internal/abort.ts';
import { sleep } from './internal/sleep.ts';

const firstWaitMs = 500;
const longestWaitMs = 8_000;
/** A server that asks for more is taken at its word: the call fails, and says when to come back. */
const longestAskedMs = 60_000;

/**
 * Milliseconds before try number `retry` is made again (0: after the first), or undefined where
 * it is not to be: 0.5 s doubled up to 8 s, up to a quarter less by chance, unless the server
 * asked for a time of up to a minute.
 * @param random 0 to 1
 */
export function retryWaitMs(
  retry: number,
  askedMs: number | undefined,
  random: number = Math.random(),
): number | undefined {
  if (askedMs !== undefined) return askedMs <= longestAskedMs ? askedMs : undefined;
  return Math.min(firstWaitMs * 2 ** retry, longestWaitMs) * (1 - random / 4);
}

export interface RetryOptions {
  /** Tries after the first. */
  readonly maxRetries: number;
  readonly signal: AbortSignal | undefined;
  /** Told before each wait. */
  readonly onRetry?: (error: ClientError, waitMs: number) => void;
}

/**
 * Makes a call until it succeeds, fails for good, or has had its tries.
 * @throws what the last try threw; AbortError at once when the signal fires
 */
export async function withRetries<T>(
  attempt: (retry: number) => Promise<T>,
  { maxRetries, signal, onRetry }: RetryOptions,
): Promise<T> {
  for (let retry = 0; ; retry += 1) {
    throwIfAborted(signal);
    try {
      return await attempt(retry);
    } catch (error) {
      if (retry >= maxRetries || !(error instanceof ClientError && error.retryable)) throw error;
      const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
      const waitMs = retryWaitMs(retry, asked);
      if (waitMs === undefined) throw error;
      onRetry?.(error, waitMs);
      await sleep(waitMs, signal);
    }
  }
}

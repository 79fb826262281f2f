import { RotoError } from '../contract/errors.ts';
import { AbortError } from '../errors.ts';

/** What a stopped call ends with: the signal's own reason where it is ours, else an {@link AbortError}. */
export function abortError(signal: AbortSignal): RotoError {
  const reason: unknown = signal.reason;
  if (reason instanceof RotoError) return reason;
  return new AbortError('The call was stopped.', { cause: reason });
}

/** @throws AbortError, or the signal's own reason where that is a RotoError */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}

/** A signal that fires with the caller's own, or after some time unless called off before. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether it was the time that ran out. */
  readonly expired: boolean;
  /** Calls the time off; the caller's signal goes on to count. */
  clear(): void;
}

/** What a timer can count to; more would make it fire at once. */
const longestTimer = 2 ** 31 - 1;

/** @param ms milliseconds; more than 24 days is never */
export function deadline(ms: number, signal: AbortSignal | undefined): Deadline {
  const own = new AbortController();
  let expired = false;
  const timer =
    ms <= longestTimer
      ? setTimeout(() => {
          expired = true;
          own.abort();
        }, ms)
      : undefined;
  return {
    signal: signal === undefined ? own.signal : AbortSignal.any([own.signal, signal]),
    get expired() {
      return expired;
    },
    clear: () => clearTimeout(timer),
  };
}

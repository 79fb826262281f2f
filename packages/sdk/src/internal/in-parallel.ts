import { throwIfAborted } from './abort.ts';

export interface InParallelOptions {
  /** Most that are worked on at a time. */
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Works on all items, some at a time, in their order. The first failure stops the others by the
 * signal each is given, and is thrown once they have ended.
 * @throws what the work threw; AbortError when the signal fires
 */
export async function inParallel<Item>(
  items: Iterable<Item>,
  { limit, signal }: InParallelOptions,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const own = new AbortController();
  const stop = signal === undefined ? own.signal : AbortSignal.any([own.signal, signal]);
  const waiting = items[Symbol.iterator]();
  let failure: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    try {
      for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
        throwIfAborted(stop);
        await work(next.value, stop);
      }
    } catch (error) {
      failure ??= { error };
      own.abort();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, limit) }, lane));
  if (failure !== undefined) throw failure.error;
  throwIfAborted(signal);
}

import { ConnectionError, TimeoutError } from '../errors.ts';
import { readableReason } from '../network-failure.ts';
import { abortError, throwIfAborted } from './abort.ts';

export interface BodyChunksOptions {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds without a byte after which the connection counts as dead. */
  readonly stallMs: number;
  /** What is read, for the sentence of a failure. */
  readonly what: string;
}

/**
 * A reply's body as it comes; leaving the loop ends the connection.
 * @throws ConnectionError, TimeoutError after `stallMs` without a byte, AbortError at once
 */
export async function* bodyChunks(
  response: Response,
  { signal, stallMs, what }: BodyChunksOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (response.body === null) return;
  throwIfAborted(signal);
  const reader = response.body.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await readInTime(reader, { signal, stallMs, what });
      if (done) break;
      yield value;
    }
    ended = true;
  } catch (cause) {
    if (signal?.aborted) throw abortError(signal);
    if (cause instanceof TimeoutError) throw cause;
    throw new ConnectionError(`${what} broke off (${readableReason(cause)}).`, { cause });
  } finally {
    // The connection has other bytes to come that nobody wants; that it breaks is no news.
    if (!ended) reader.cancel().catch(() => undefined);
  }
}

async function readInTime(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { signal, stallMs, what }: BodyChunksOptions,
): Promise<Awaited<ReturnType<typeof reader.read>>> {
  let call: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(new TimeoutError(`${what} sent nothing for ${stallMs} ms.`));
    }, stallMs);
    const stop = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    call = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    };
  });
  try {
    return await Promise.race([reader.read(), stopped]);
  } finally {
    call?.();
  }
}

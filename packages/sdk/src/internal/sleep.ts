import { abortError, throwIfAborted } from './abort.ts';

/**
 * The one wait of this package.
 * @throws AbortError at once when the signal fires, or has fired
 */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  await new Promise<void>((resolve, reject) => {
    const done = (): void => {
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    const timer = setTimeout(done, ms);
    const stop = (): void => {
      clearTimeout(timer);
      if (signal !== undefined) reject(abortError(signal));
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}

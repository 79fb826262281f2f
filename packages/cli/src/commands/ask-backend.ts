import type { Backend } from '../backend/backend.ts';
import type { CommandContext } from './command-spec.ts';

/**
 * Asks the backend something short that takes no signal. A stop does not wait for the answer: it
 * ends the command at once, with the signal's own error.
 */
export async function askBackend<T>(
  { io, loadBackend }: CommandContext,
  question: (backend: Backend) => Promise<T>,
): Promise<T> {
  const { signal } = io;
  const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
  const onAbort = () => stop(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([stopped, loadBackend().then(question)]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds that an answer takes, or a multiple of them. */
export const evenMs = 100;

/**
 * Does work and resolves at a multiple of 100 ms after its start: how long it took does not say what
 * there was to do, such as whether an address has an account.
 */
export async function inEvenTime<T>(work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await work();
  } finally {
    const took = performance.now() - started;
    await sleep(Math.ceil(took / evenMs) * evenMs - took);
  }
}

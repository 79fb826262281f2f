import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { evenMs, inEvenTime } from './even-time.ts';

it('takes the same time for a little work, for more of it, and for a failure', async () => {
  const works = [
    async () => undefined,
    () => sleep(evenMs / 3),
    async () => {
      throw new Error('no');
    },
  ];
  for (const work of works) {
    const started = performance.now();
    await inEvenTime(work).catch(() => undefined);
    // Timers fire up to a millisecond early.
    expect(performance.now() - started).toBeGreaterThan(evenMs - 2);
  }
});

import { expect, it, vi } from 'vitest';
import { sleep } from './sleep.ts';

it('ends after its time and leaves no listener behind', async () => {
  const { signal } = new AbortController();
  const remove = vi.spyOn(signal, 'removeEventListener');
  await sleep(1, signal);
  expect(remove).toHaveBeenCalledOnce();
});

it('ends at once with the reason of the signal, before and while it waits', async () => {
  await expect(sleep(60_000, AbortSignal.abort('a'))).rejects.toMatchObject({ cause: 'a' });
  const stop = new AbortController();
  const waiting = sleep(60_000, stop.signal);
  stop.abort('b');
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError', cause: 'b' });
});

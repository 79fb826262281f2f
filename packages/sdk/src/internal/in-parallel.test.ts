import { describe, expect, it } from 'vitest';
import { inParallel } from './in-parallel.ts';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('inParallel', () => {
  it('works on all, in their order, and on no more at a time than it may', async () => {
    const begun: number[] = [];
    let open = 0;
    let most = 0;
    await inParallel([1, 2, 3, 4, 5], { limit: 2, signal: undefined }, async (item) => {
      begun.push(item);
      open += 1;
      most = Math.max(most, open);
      await tick();
      open -= 1;
    });
    expect(begun).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  it('stops the others at the first failure, and throws that one once they have ended', async () => {
    const stopped: unknown[] = [];
    const work = async (item: number, signal: AbortSignal): Promise<void> => {
      if (item === 2) throw new Error('two');
      while (!signal.aborted) await tick();
      stopped.push(item);
      throw signal.reason;
    };
    const all = inParallel([1, 2, 3], { limit: 2, signal: undefined }, work);
    await expect(all).rejects.toThrow('two');
    expect(stopped).toEqual([1]);
  });

  it('begins nothing more once its signal fires', async () => {
    const stop = new AbortController();
    const begun: number[] = [];
    const all = inParallel([1, 2, 3], { limit: 1, signal: stop.signal }, async (item) => {
      begun.push(item);
      stop.abort();
    });
    await expect(all).rejects.toMatchObject({ code: 'interrupted' });
    expect(begun).toEqual([1]);
  });
});

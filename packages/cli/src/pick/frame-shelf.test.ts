import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FrameShelf } from './frame-shelf.ts';

/** A clip of numbers that tells what was decoded. */
function countingClip(fails?: number) {
  const ranges: string[] = [];
  let decoded = 0;
  return {
    info: { firstFrame: 1, lastFrame: 100 },
    ranges,
    get decoded() {
      return decoded;
    },
    async *frames({
      range,
      signal,
    }: {
      range: { first: number; last: number };
      signal: AbortSignal;
    }) {
      ranges.push(`${range.first}-${range.last}`);
      if (range.last > 100) throw new Error('no such frame');
      for (let number = range.first; number <= range.last; number += 1) {
        await sleep(1);
        signal.throwIfAborted();
        if (number === fails) throw new Error('broken');
        decoded += 1;
        yield { number };
      }
    },
    close: () => Promise.resolve(),
  };
}

const shelfOf = (clip: ReturnType<typeof countingClip>) =>
  new FrameShelf(clip, ({ number }: { number: number }) => Promise.resolve(`frame ${number}`));

describe('a shelf of frames', () => {
  it('reads ahead, so that steps forth and back start no decoder each', async () => {
    const clip = countingClip();
    const shelf = shelfOf(clip);
    for (const number of [50, 51, 52, 51, 50, 49, 48]) {
      expect(await shelf.frame(number)).toBe(`frame ${number}`);
    }
    expect(clip.ranges).toEqual(['50-61', '38-49']);
  });

  it('gives two at once what each of them asked for', async () => {
    const shelf = shelfOf(countingClip());
    const frames = await Promise.all([shelf.frame(10), shelf.frame(80), shelf.frame(12)]);
    expect(frames).toEqual(['frame 10', 'frame 80', 'frame 12']);
  });

  it('stops reading ahead where somebody has gone elsewhere', async () => {
    const clip = countingClip();
    const shelf = shelfOf(clip);
    await shelf.frame(10);
    await shelf.frame(80);
    await sleep(60);
    expect(clip.decoded).toBeLessThan(20);
  });

  it('tells of a frame that cannot be read, and reads the others', async () => {
    const shelf = shelfOf(countingClip(5));
    await expect(shelf.frame(5)).rejects.toThrow('broken');
    expect(await shelf.frame(6)).toBe('frame 6');
    await expect(shelf.frame(101)).rejects.toThrow('no such frame');
  });

  it('lets go of who gives up, and of everybody when it is closed', async () => {
    const shelf = shelfOf(countingClip());
    const stop = new AbortController();
    const given = shelf.frame(20, stop.signal);
    stop.abort();
    await expect(given).rejects.toMatchObject({ code: 'interrupted' });
    const left = shelf.frame(90);
    await shelf.close();
    await expect(left).rejects.toThrow();
  });
});

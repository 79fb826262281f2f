import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  allMasks,
  correction,
  key,
  lastFrame,
  newStore,
  range,
  track,
} from '../../test/support/hashing-host.ts';
import { planObject } from './plan.ts';
import { TrackStore } from './store.ts';

function flipped(bytes: Buffer): Buffer {
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return bytes;
}

describe('trackObjects', () => {
  it('tracks every frame on both sides of a key once, and nothing the second time', async () => {
    const store = await newStore();
    const plan = planObject({ prompts: [key(30)], range, direction: 'both' });
    expect((await track(store, [plan])).tracked).toBe(79);
    expect((await track(store, [plan])).tracked).toBe(0);
    expect(await allMasks(store, plan)).not.toContain('missing');
    await store.close();
  });

  it('equals an uninterrupted run bit for bit, wherever it was killed', async () => {
    const plan = planObject({ prompts: [key(20), correction(55)], range, direction: 'both' });
    const whole = await newStore();
    await track(whole, [plan]);
    const expected = await allMasks(whole, plan);
    await whole.close();
    for (const steps of [1, 2, 19, 21, 30, 46, 57, 80, 100]) {
      const store = await newStore();
      await track(store, [plan], { steps });
      await store.close();
      const again = new TrackStore(store.folder);
      const { tracked } = await track(again, [plan]);
      expect(await allMasks(again, plan)).toEqual(expected);
      // At most what lies between two snapshots is done twice.
      expect(tracked).toBeLessThan(expected.length + 55 - steps + 26);
      await again.close();
    }
  });

  it('goes on from a snapshot after the last record was torn', async () => {
    const plan = planObject({ prompts: [key(0)], range, direction: 'forward' });
    const whole = await newStore();
    await track(whole, [plan]);
    const store = await newStore();
    await track(store, [plan], { steps: 61 });
    await store.close();
    const run = (await readdir(store.folder)).find((name) => name.endsWith('.run')) ?? '';
    const path = join(store.folder, run);
    await truncate(path, (await readFile(path)).length - 5);
    const { tracked } = await track(store, [plan]);
    expect(await allMasks(store, plan)).toEqual(await allMasks(whole, plan));
    expect(tracked).toBe(79 - 50);
    await store.close();
    await whole.close();
  });

  it('makes what is damaged in the cache again, whatever file it is, and nothing else', async () => {
    const plan = planObject({ prompts: [key(0), correction(40)], range, direction: 'forward' });
    const whole = await newStore();
    await track(whole, [plan]);
    const expected = await allMasks(whole, plan);
    const again = planObject({ prompts: [key(0)], range, direction: 'forward' });
    await whole.close();
    const names = (await readdir(whole.folder)).filter((name) => /\.(mask|state|run)$/.test(name));
    expect(new Set(names.map((name) => name.split('.').at(-1)))).toEqual(
      new Set(['mask', 'state', 'run']),
    );
    for (const name of names) {
      const path = join(whole.folder, name);
      for (const damage of [Buffer.alloc(0), Buffer.from('garbage'), undefined]) {
        const bytes = damage ?? flipped(await readFile(path));
        await writeFile(path, bytes);
        const store = new TrackStore(whole.folder);
        const { tracked } = await track(store, [plan]);
        expect(await allMasks(store, plan), name).toEqual(expected);
        await track(store, [again]);
        await store.close();
        expect(tracked, name).toBeLessThanOrEqual(name.endsWith('.run') ? 79 : 40);
      }
    }
  });

  it('lets two that track one clip at a time go on side by side, and both are right', async () => {
    const plan = planObject({ prompts: [key(0)], range, direction: 'forward' });
    const other = planObject({ prompts: [key(0), key(70)], range, direction: 'both' });
    const apart = await newStore();
    await track(apart, [plan, other]);
    const first = await newStore();
    const second = new TrackStore(first.folder);
    await Promise.all([track(first, [plan]), track(second, [other]), track(second, [plan])]);
    for (const store of [first, second, new TrackStore(first.folder)]) {
      expect(await allMasks(store, plan)).toEqual(await allMasks(apart, plan));
      await store.close();
    }
    const third = new TrackStore(first.folder);
    expect(await allMasks(third, other)).toEqual(await allMasks(apart, other));
    expect((await track(third, [plan, other])).tracked).toBe(0);
    await third.close();
    await apart.close();
  });

  it('keeps the newest two snapshots of a run and no more', async () => {
    const store = await newStore();
    await track(store, [planObject({ prompts: [key(0)], range, direction: 'forward' })]);
    const states = (await readdir(store.folder)).filter((name) => name.includes('.forward.'));
    expect(states.filter((name) => name.endsWith('.state')).sort()).toEqual([
      expect.stringMatching(/\.forward\.75\.state$/),
      expect.stringMatching(/\.forward\.79\.state$/),
    ]);
    await store.close();
  });

  it('reuses every frame outside the span of one more key', async () => {
    const store = await newStore();
    const keys = [key(10), key(60)];
    await track(store, [planObject({ prompts: keys, range, direction: 'both' })]);
    const before = planObject({ prompts: keys, range, direction: 'both' });
    const masksBefore = await allMasks(store, before);
    const plan = planObject({ prompts: [...keys, key(30)], range, direction: 'both' });
    const { tracked, progress } = await track(store, [plan]);
    // From the new key to its neighbours; what the old keys had tracked towards it is there.
    expect(tracked).toBe(19 + 29);
    expect(progress.at(-1)).toMatchObject({ done: progress.at(-1)?.total });
    const masks = await allMasks(store, plan);
    for (let frame = 0; frame <= lastFrame; frame += 1) {
      if (frame <= 10 || frame >= 60) expect(masks[frame]).toBe(masksBefore[frame]);
    }
    await store.close();
  });

  it('gives a correction added later the same masks as one that was there from the start', async () => {
    const plan = planObject({ prompts: [key(0), correction(40)], range, direction: 'both' });
    const fresh = await newStore();
    await track(fresh, [plan]);
    const store = await newStore();
    await track(store, [planObject({ prompts: [key(0)], range, direction: 'both' })]);
    await track(store, [plan]);
    expect(await allMasks(store, plan)).toEqual(await allMasks(fresh, plan));
    await fresh.close();
    await store.close();
  });

  it('counts progress up to a constant total, what was reused included', async () => {
    const store = await newStore();
    const plan = planObject({ prompts: [key(30)], range, direction: 'both' });
    await track(store, [plan], { steps: 20 });
    const { progress } = await track(store, [plan]);
    expect(new Set(progress.map((step) => step.total))).toEqual(new Set([80]));
    const done = progress.map((step) => step.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(80);
    expect(progress[0]?.reused).toBe(20);
    await store.close();
  });

  it('tracks a run that two objects share once', async () => {
    const store = await newStore();
    const plans = [1, 2].map(() => planObject({ prompts: [key(0)], range, direction: 'forward' }));
    expect((await track(store, plans)).tracked).toBe(79);
    await store.close();
  });

  it('stops at once when the signal aborts, with the error it was aborted with', async () => {
    const store = await newStore();
    const plan = planObject({ prompts: [key(0)], range, direction: 'forward' });
    await expect(track(store, [plan], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    });
    await store.close();
  });
});

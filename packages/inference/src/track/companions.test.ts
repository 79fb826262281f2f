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
import type { TrackPrompt } from './anchor.ts';
import { type ObjectPlan, type PlanOptions, planObject, promptedFrames } from './plan.ts';
import { TrackStore } from './store.ts';

const neighbours = (...prompts: TrackPrompt[]): ObjectPlan =>
  planObject({ prompts, range, direction: 'both', companions: 'neighbour' });
const all = (prompts: readonly TrackPrompt[], more: Partial<PlanOptions> = {}): ObjectPlan =>
  planObject({ prompts, range, direction: 'both', companions: 'all', ...more });

/** Frames that have another mask in the second list. */
function changed(before: readonly string[], after: readonly string[]): number[] {
  return after.flatMap((mask, frame) => (mask === before[frame] ? [] : [frame]));
}

const numbers = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

describe('runs that have the prompted frame at their far end in memory', () => {
  it('are other runs than those without, and beyond the last prompted frame the same', async () => {
    const store = await newStore();
    const alone = planObject({ prompts: [key(10), key(60)], range, direction: 'both' });
    await track(store, [alone]);
    const plan = neighbours(key(10), key(60));
    // Both ways between the two; what lies outside has nothing at its far end.
    expect((await track(store, [plan])).tracked).toBe(2 * 49);
    expect(changed(await allMasks(store, alone), await allMasks(store, plan))).toEqual(
      numbers(11, 59),
    );
    await store.close();
  });

  it('are tracked again up to the neighbours of a new key, and nowhere else', async () => {
    const store = await newStore();
    const before = neighbours(key(10), key(60));
    expect((await track(store, [before])).tracked).toBe(10 + 2 * 49 + 19);
    const masks = await allMasks(store, before);
    const after = neighbours(key(10), key(30), key(60));
    expect((await track(store, [after])).tracked).toBe(2 * 19 + 2 * 29);
    expect(changed(masks, await allMasks(store, after))).toEqual(numbers(11, 59));
    expect((await track(store, [before])).tracked).toBe(0);
    await store.close();
  });

  it('see a correction from both sides, which itself stays what was tracked to it', async () => {
    const store = await newStore();
    const before = neighbours(key(0));
    await track(store, [before]);
    const corrected = neighbours(key(0), correction(40));
    // Once more up to the corrected frame; then its span both ways, and what follows it.
    expect((await track(store, [corrected])).tracked).toBe(40 + 39 + 39 + 39);
    const fresh = await newStore();
    await track(fresh, [corrected]);
    expect(await allMasks(fresh, corrected)).toEqual(await allMasks(store, corrected));
    const plain = planObject({ prompts: [key(0), correction(40)], range, direction: 'both' });
    await track(store, [plain]);
    expect((await allMasks(store, plain))[40]).toBe((await allMasks(store, corrected))[40]);
    await store.close();
    await fresh.close();
  });
});

describe('runs that have every prompted frame in memory', () => {
  it('track each frame once, forward from the first prompt and then backward', async () => {
    const store = await newStore();
    const plan = all([key(10), key(60)]);
    const { tracked, progress } = await track(store, [plan]);
    expect(tracked).toBe(lastFrame + 1 - 2);
    expect(progress.at(-1)).toMatchObject({ done: 80, total: 80 });
    expect(await allMasks(store, plan)).not.toContain('missing');
    expect((await track(store, [plan])).tracked).toBe(0);
    await store.close();
  });

  it('are tracked again as a whole for a new prompt, but for the prompted frames', async () => {
    const store = await newStore();
    const before = all([key(10), key(60)]);
    await track(store, [before]);
    const after = all([key(10), key(30), key(60)]);
    expect((await track(store, [after])).tracked).toBe(lastFrame + 1 - 3);
    const others = numbers(0, lastFrame).filter((frame) => ![10, 60].includes(frame));
    expect(changed(await allMasks(store, before), await allMasks(store, after))).toEqual(others);
    await store.close();
  });

  it('begin on the first frame that any object is prompted on', async () => {
    const store = await newStore();
    const prompted = promptedFrames([key(10), key(40)]);
    const first = all([key(10)], { prompted });
    const second = all([key(40, 7)], { prompted });
    // The second is seen on frame 10 twice.
    expect((await track(store, [first, second])).tracked).toBe(2 * lastFrame + 1);
    // It is tracked on frames 11 to 39 from what it is on frame 40, going forward; on frame 10, on
    // which it turns, what it saw on the way back counts.
    expect(second.at(11).before).toMatchObject({ direction: 'forward', from: 9 });
    expect(second.at(10).before).toBeUndefined();
    expect(second.at(10).after).toMatchObject({ direction: 'backward', from: 11 });
    expect(first.at(9).after).toMatchObject({ direction: 'backward', from: 10 });
    expect(await allMasks(store, second)).not.toContain('missing');
    await store.close();
  });

  it('go back with what is in memory after the first frames forward', async () => {
    const store = await newStore();
    const forward = all([key(30)], { direction: 'forward' });
    const both = all([key(30)]);
    const backward = all([key(30)], { direction: 'backward' });
    for (const plan of [forward, both, backward]) await track(store, [plan]);
    const masks = await allMasks(store, both);
    expect(masks.slice(30)).toEqual((await allMasks(store, forward)).slice(30));
    expect(changed(await allMasks(store, backward), masks)).toEqual(
      numbers(0, lastFrame).filter((frame) => frame !== 30),
    );
    await store.close();
  });

  it('equal an uninterrupted run bit for bit, wherever it was killed', async () => {
    const plans = [
      all([key(20), correction(33), key(55)]),
      all([key(28, 9)], { prompted: { first: 20, last: 55 } }),
    ];
    const whole = await newStore();
    await track(whole, plans);
    const expected = await Promise.all(plans.map((plan) => allMasks(whole, plan)));
    for (const steps of [1, 3, 5, 16, 20, 34, 36, 51, 60, 77, 99]) {
      const store = await newStore();
      await track(store, plans, { steps });
      await store.close();
      const again = new TrackStore(store.folder);
      await track(again, plans);
      expect(await Promise.all(plans.map((plan) => allMasks(again, plan)))).toEqual(expected);
      await again.close();
    }
    await whole.close();
  });

  it('need no tracking for the mask of a prompted frame', () => {
    const range = { first: 60, last: 60 };
    const plan = all([key(10), key(60)], { range });
    expect(plan.runs).toEqual([]);
    expect(plan.anchors.map(({ frame }) => frame)).toEqual([60]);
  });

  it('keep locked frames as their own prompts made them', async () => {
    const store = await newStore();
    const before = all([key(10)]);
    await track(store, [before]);
    const locked = [{ first: 40, last: 50, prompts: [key(10)] }];
    const after = all([key(10), key(60)], { locked });
    await track(store, [after]);
    const masks = await allMasks(store, after);
    expect(masks.slice(40, 51)).toEqual((await allMasks(store, before)).slice(40, 51));
    expect(masks[39]).not.toBe((await allMasks(store, before))[39]);
    await store.close();
  });
});

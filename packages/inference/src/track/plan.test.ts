import { describe, expect, it } from 'vitest';
import { trackPrompt } from './anchor.ts';
import { planObject } from './plan.ts';

const range = { first: 0, last: 99 };
const key = (frame: number, x = 5) =>
  trackPrompt(frame, { points: [{ x, y: 5, label: 'positive' }] });
const correction = (frame: number, x = 9) =>
  trackPrompt(frame, { points: [{ x, y: 9, label: 'negative' }] });

describe('planObject', () => {
  it('tracks from a key to both ends of the range', () => {
    const plan = planObject({ prompts: [key(40)], range, direction: 'both' });
    expect(plan.runs.map((run) => [run.direction, run.last])).toEqual([
      ['forward', 99],
      ['backward', 0],
    ]);
    expect(plan.at(40).anchor?.frame).toBe(40);
    expect(plan.at(41).before?.anchor.frame).toBe(40);
    expect(plan.at(39).after?.anchor.frame).toBe(40);
  });

  it('takes the frames between two keys from both of them', () => {
    const plan = planObject({ prompts: [key(20), key(60)], range, direction: 'both' });
    const between = plan.at(30);
    expect(between.before?.anchor.frame).toBe(20);
    expect(between.after?.anchor.frame).toBe(60);
    expect(plan.at(70).after).toBeUndefined();
  });

  it('leaves every frame beyond the neighbours of a new key with the sources it had', () => {
    const before = planObject({ prompts: [key(10), key(50), key(90)], range, direction: 'both' });
    const after = planObject({
      prompts: [key(10), key(30), key(50), key(90)],
      range,
      direction: 'both',
    });
    const sources = (plan: typeof before, frame: number) => {
      const { anchor, before: left, after: right } = plan.at(frame);
      return [anchor?.id, left?.anchor.id, right?.anchor.id];
    };
    for (let frame = 0; frame < 100; frame += 1) {
      const same = frame <= 10 || frame >= 50;
      expect(sources(after, frame).join() === sources(before, frame).join()).toBe(same);
    }
  });

  it('lets a correction lean on the prompted frame before it and stay when a later key moves', () => {
    const plan = planObject({ prompts: [key(10), correction(30)], range, direction: 'both' });
    const moved = planObject({
      prompts: [key(10), correction(30), key(80)],
      range,
      direction: 'both',
    });
    const anchor = plan.at(30).anchor;
    expect(anchor?.base?.anchor.frame).toBe(10);
    expect(anchor?.base?.direction).toBe('forward');
    expect(moved.at(30).anchor?.id).toBe(anchor?.id);
    expect(
      plan.runs.find((run) => run.anchor.frame === 10 && run.direction === 'forward')?.last,
    ).toBe(30);
  });

  it('lets a correction before the first key lean on that key', () => {
    const plan = planObject({ prompts: [correction(5), key(20)], range, direction: 'both' });
    expect(plan.at(5).anchor?.base).toMatchObject({ direction: 'backward' });
  });

  it('refuses negative clicks alone', () => {
    expect(() => planObject({ prompts: [correction(5)], range, direction: 'both' })).toThrow(
      expect.objectContaining({ code: 'prompt_missing' }),
    );
  });

  it('keeps locked frames as their own prompts made them', () => {
    const locked = [{ first: 40, last: 60, prompts: [key(10)] }];
    const plan = planObject({ prompts: [key(10), key(50, 7)], range, direction: 'both', locked });
    const alone = planObject({ prompts: [key(10)], range, direction: 'both' });
    expect(plan.at(50).anchor).toBeUndefined();
    expect(plan.at(50).before?.anchor.id).toBe(alone.at(50).before?.anchor.id);
    expect(plan.at(61).before?.anchor.frame).toBe(50);
    const forward = plan.runs.find((run) => run.anchor.frame === 10 && run.direction === 'forward');
    expect(forward?.last).toBe(60);
  });

  it('tracks one way only where that is asked for', () => {
    const plan = planObject({ prompts: [key(40)], range, direction: 'forward' });
    expect(plan.at(39)).toEqual({});
    expect(plan.runs).toHaveLength(1);
  });
});

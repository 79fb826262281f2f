import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trackPrompt } from './anchor.ts';
import { type FrameSources, planObject } from './plan.ts';

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

  it('lets a positive click that is meant as a correction lean on what was tracked', () => {
    const points = [{ x: 7, y: 7, label: 'positive' as const }];
    const said = trackPrompt(30, { points, correction: true });
    const plan = planObject({ prompts: [key(10), said], range, direction: 'both' });
    expect(plan.at(30).anchor?.base).toMatchObject({ direction: 'forward', from: 10 });
    expect(said.hash).not.toBe(trackPrompt(30, { points }).hash);
    // Where it says what is so anyway, the prompt is the one it was.
    const { prompt, hash } = correction(30);
    expect(trackPrompt(30, { ...prompt, correction: true }).hash).toBe(hash);
    expect(() => planObject({ prompts: [said], range, direction: 'both' })).toThrow(
      expect.objectContaining({ code: 'prompt_missing' }),
    );
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

  it('tracks nothing for frames outside the range but the way from the nearest prompts', () => {
    const prompts = [key(10), key(20), correction(40), key(90), key(95)];
    const plan = planObject({ prompts, range: { first: 60, last: 70 }, direction: 'both' });
    expect(plan.anchors.map((anchor) => anchor.frame)).toEqual([20, 40, 90]);
    const runs = plan.runs.map((run) => [run.anchor.frame, run.direction, run.last]);
    expect(runs.sort()).toEqual([
      [20, 'forward', 40],
      [40, 'forward', 70],
      [90, 'backward', 60],
    ]);
  });

  it('needs nothing but the prompt itself for the mask of a prompted frame', () => {
    const prompts = [key(0), key(80)];
    const plan = planObject({ prompts, range: { first: 80, last: 80 }, direction: 'both' });
    expect(plan.runs).toEqual([]);
    expect(plan.anchors.map((anchor) => anchor.frame)).toEqual([80]);
  });

  it('gives a frame the same sources whatever range holds it', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 99 }), fc.boolean()), {
          minLength: 1,
          maxLength: 6,
          selector: ([frame]) => frame,
        }),
        fc.constantFrom('forward', 'backward', 'both'),
        fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 })),
        (said, direction, [a, b]) => {
          fc.pre(said.some(([, isKey]) => isKey));
          const prompts = said.map(([frame, isKey]) => (isKey ? key(frame) : correction(frame)));
          const narrow = { first: Math.min(a, b), last: Math.max(a, b) };
          const whole = planObject({ prompts, range, direction });
          const part = planObject({ prompts, range: narrow, direction });
          const runs = new Set(part.runs.map((run) => `${run.anchor.id}.${run.direction}`));
          const anchors = new Set(part.anchors.map((anchor) => anchor.id));
          const ids = ({ anchor, before, after }: FrameSources) => [
            anchor?.id,
            before?.anchor.id,
            after?.anchor.id,
          ];
          for (let frame = narrow.first; frame <= narrow.last; frame += 1) {
            const sources = part.at(frame);
            expect(ids(sources)).toEqual(ids(whole.at(frame)));
            if (sources.anchor) expect(anchors).toContain(sources.anchor.id);
            for (const run of [sources.before, sources.after]) {
              if (run) expect(runs).toContain(`${run.anchor.id}.${run.direction}`);
            }
          }
        },
      ),
    );
  });
});

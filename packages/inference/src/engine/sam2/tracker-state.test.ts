import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Direction } from '../engine.ts';
import { gatherMemory } from './memory-gather.ts';
import { resolveRules } from './presets.ts';
import type { FrameRecord } from './step.ts';
import { forgetUnreachable, type TrackerState } from './tracker-state.ts';

const frameCount = 60;

function record(index: number): FrameRecord {
  return {
    tokens: Uint16Array.of(index),
    pointer: Float32Array.of(index),
    mask: new Float32Array(1),
    score: 1,
  };
}

const rules = fc
  .record({
    retrack: fc.constantFrom('span' as const, 'all' as const),
    memoryFrames: fc.integer({ min: 1, max: 7 }),
    memoryStride: fc.integer({ min: 1, max: 3 }),
    maxCondFrames: fc.constantFrom(0, 2, 3, 4),
  })
  .map((parts) => resolveRules({ preset: 'product', ...parts }));

/** A state just after frame `index` was tracked, with all frames of the run before it. */
function stateAt(index: number, start: number, cond: readonly number[], direction: Direction) {
  const state: TrackerState = {
    picture: { width: 1, height: 1 },
    cond: new Map(cond.map((frame) => [frame, record(frame)])),
    tracked: new Map(),
    current: { index, direction, mask: new Float32Array(1), score: 1 },
    prompted: cond[0] ?? 0,
    start,
  };
  return state;
}

/** What a tracker that forgets, and one that does not, attend to on the way. */
function runBoth(
  start: number,
  end: number,
  cond: readonly number[],
  direction: Direction,
  asked: ReturnType<typeof resolveRules>,
) {
  const step = direction === 'forward' ? 1 : -1;
  const steps = Math.max(0, step * (end - start));
  let kept = stateAt(start - step, start, cond, direction);
  let whole = kept;
  const pairs: unknown[][] = [];
  for (let i = 0; i <= steps; i += 1) {
    const index = start + step * i;
    if (!whole.cond.has(index)) {
      const frame = { index, direction, frameCount };
      pairs.push([gatherMemory(kept, frame, asked), gatherMemory(whole, frame, asked)]);
    }
    const after = (state: TrackerState): TrackerState => ({
      ...state,
      current: { ...state.current, index },
      tracked: state.cond.has(index)
        ? state.tracked
        : new Map(state.tracked).set(index, record(index)),
    });
    whole = after(whole);
    kept = forgetUnreachable(after(kept), asked);
  }
  return { pairs, kept, whole };
}

const condFrames = fc.uniqueArray(fc.nat({ max: frameCount - 1 }), { minLength: 1, maxLength: 10 });

test('what is forgotten is attended to by no later frame of the run', () => {
  fc.assert(
    fc.property(
      condFrames,
      fc.nat({ max: frameCount - 1 }),
      fc.nat({ max: frameCount - 1 }),
      rules,
      (cond, start, end, asked) => {
        const direction = start <= end ? 'forward' : 'backward';
        const { pairs } = runBoth(start, end, cond, direction, asked);
        for (const [kept, whole] of pairs) expect(kept).toEqual(whole);
      },
    ),
  );
});

test('nor on the way back, where a run may turn round', () => {
  fc.assert(
    fc.property(condFrames, fc.nat({ max: 30 }), rules, (cond, start, asked) => {
      const all = { ...asked, retrack: 'all' as const };
      const { kept, whole } = runBoth(start, frameCount - 1, cond, 'forward', all);
      for (const index of [start, start - 1]) {
        const frame = { index, direction: 'backward', frameCount } as const;
        expect(gatherMemory(kept, frame, all)).toEqual(gatherMemory(whole, frame, all));
      }
    }),
  );
});

test('holds six memories and fifteen pointers of tracked frames, however long the run', () => {
  const { kept } = runBoth(1, frameCount - 1, [0], 'forward', resolveRules());
  const memories = [...kept.tracked.values()];
  expect(memories).toHaveLength(15);
  expect(memories.filter(({ tokens }) => tokens !== undefined)).toHaveLength(6);
});

import { Shot, type ShotObject } from '@roto/sdk/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PickAction } from './pick-action.ts';
import { type PickState, promptAt, reducePick, startPicking } from './pick-state.ts';

const bounds = { width: 200, height: 100, range: { first: 1001, last: 1010 } };
const matte: ShotObject = { id: 1, name: 'matte', prompts: [], locked: [] };
const start = startPicking([matte]);

const does = (state: PickState, ...actions: PickAction[]) =>
  actions.reduce((before, action) => reducePick(before, action, bounds), state);
const click = (x: number, y: number, frame = 1001, object = 1) => ({
  type: 'add-point' as const,
  object,
  frame,
  point: { x, y, label: 'positive' as const },
});
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
  return 'nothing thrown';
};

const on = { object: fc.integer({ min: 1, max: 3 }), frame: fc.integer({ min: 1001, max: 1003 }) };
const x = fc.double({ min: 0, max: 200, noNaN: true });
const y = fc.double({ min: 0, max: 100, noNaN: true });
const index = fc.nat(3);
const point = fc.record({ x, y, label: fc.constantFrom('positive' as const, 'negative' as const) });
const box = fc.record({ x1: x, y1: y, x2: x, y2: y });
const action: fc.Arbitrary<PickAction> = fc.oneof(
  fc.record({ type: fc.constant('add-point' as const), ...on, point, correction: fc.boolean() }),
  fc.record({ type: fc.constant('move-point' as const), ...on, index, x, y }),
  fc.record({ type: fc.constant('remove-point' as const), ...on, index }),
  fc.record({ type: fc.constant('set-box' as const), ...on, box }),
  fc.record({ type: fc.constant('remove-box' as const), ...on }),
  fc.record({ type: fc.constant('set-correction' as const), ...on, correction: fc.boolean() }),
  fc.record({ type: fc.constant('clear-frame' as const), ...on }),
  fc.record({ type: fc.constant('add-object' as const) }),
  fc.record({
    type: fc.constant('rename-object' as const),
    object: on.object,
    name: fc.constantFrom('hero', 'dog', 'no good'),
  }),
  fc.record({ type: fc.constant('remove-object' as const), object: on.object }),
  fc.constantFrom({ type: 'undo' as const }, { type: 'redo' as const }),
);

/** As a desk does: what is refused changes nothing. */
function tried(state: PickState, each: PickAction): PickState {
  try {
    return reducePick(state, each, bounds);
  } catch {
    return state;
  }
}

describe('picking', () => {
  it('keeps points by frame in rising order, to a tenth of a pixel', () => {
    const { objects } = does(start, click(10.04, 20, 1005), click(1, 2), click(199.96, 3, 1005));
    expect(objects[0]?.prompts).toEqual([
      { frame: 1001, points: [{ x: 1, y: 2, label: 'positive' }] },
      {
        frame: 1005,
        points: [
          { x: 10, y: 20, label: 'positive' },
          { x: 200, y: 3, label: 'positive' },
        ],
      },
    ]);
  });

  it('takes a box with its corners in any order, cut off at the border', () => {
    const drag = { x1: 250, y1: 80, x2: 20, y2: -5 };
    const state = does(start, { type: 'set-box', object: 1, frame: 1001, box: drag });
    expect(promptAt(state.objects, 1, 1001)?.box).toEqual({ x1: 20, y1: 0, x2: 200, y2: 80 });
  });

  it('forgets a frame whose last point goes', () => {
    const state = does(start, click(1, 2), {
      type: 'remove-point',
      object: 1,
      frame: 1001,
      index: 0,
    });
    expect(state.objects).toEqual([matte]);
  });

  it('marks the first click on a tracked frame as a correction, and later ones not again', () => {
    const corrected = does(
      start,
      click(1, 2),
      { ...click(5, 5, 1004), correction: true },
      click(6, 6, 1004),
    );
    expect(promptAt(corrected.objects, 1, 1004)).toMatchObject({ correction: true });
    const anew = does(corrected, {
      type: 'set-correction',
      object: 1,
      frame: 1004,
      correction: false,
    });
    expect(promptAt(anew.objects, 1, 1004)).not.toHaveProperty('correction');
  });

  it('gives every new object a number and a name of its own', () => {
    const more = does(start, { type: 'add-object' }, { type: 'add-object' });
    const renamed = does(more, { type: 'rename-object', object: 2, name: ' hero ' });
    expect(renamed.objects.map(({ id, name }) => [id, name])).toEqual([
      [1, 'matte'],
      [2, 'hero'],
      [3, 'object-3'],
    ]);
  });

  it.each<[string, PickAction, string]>([
    ['a point outside the picture', click(201, 5), 'prompt_outside_picture'],
    ['a point that is no place', click(Number.NaN, 5), 'prompt_outside_picture'],
    [
      'a box without area',
      { type: 'set-box', object: 1, frame: 1001, box: { x1: 5, y1: 5, x2: 5.2, y2: 40 } },
      'prompt_outside_picture',
    ],
    ['a frame outside the range', click(5, 5, 1011), 'frame_out_of_range'],
    ['an object that is gone', click(5, 5, 1001, 9), 'not_found'],
    ['the last object going', { type: 'remove-object', object: 1 }, 'invalid_argument'],
    [
      'a name that is no file name',
      { type: 'rename-object', object: 1, name: '../x' },
      'invalid_argument',
    ],
  ])('refuses %s', (_title, refused, code) => {
    expect(codeOf(() => reducePick(start, refused, bounds))).toBe(code);
  });

  it('refuses a name that another object has, whatever its capitals', () => {
    const two = does(start, { type: 'add-object' });
    const same: PickAction = { type: 'rename-object', object: 2, name: 'MATTE' };
    expect(codeOf(() => reducePick(two, same, bounds))).toBe('invalid_argument');
  });

  it('refuses the 1001st point on a frame', () => {
    const full = does(start, ...Array.from({ length: 1000 }, () => click(5, 5)));
    expect(codeOf(() => reducePick(full, click(5, 5), bounds))).toBe('invalid_argument');
  });
});

describe('undo and redo, whatever was done', () => {
  it('go all the way back and forth through the same states', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const end = actions.reduce(tried, start);
        const forth = [end.objects];
        let state = end;
        for (const _ of end.past) {
          state = reducePick(state, { type: 'undo' }, bounds);
          forth.push(state.objects);
        }
        expect(state.past).toEqual([]);
        expect(reducePick(state, { type: 'undo' }, bounds).objects).toBe(state.objects);
        for (const before of forth.toReversed().slice(1)) {
          state = reducePick(state, { type: 'redo' }, bounds);
          expect(state.objects).toBe(before);
        }
      }),
    );
  });

  it('leave objects that a shot document takes', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const { objects } = actions.reduce(tried, start);
        const shot = { schema: 'roto.shot/1', source: { path: 'a.mp4' }, objects };
        expect(Shot.parse(shot).objects).toEqual(objects);
      }),
    );
  });

  it('cannot redo what something else was done after', () => {
    const state = does(start, click(1, 1), { type: 'undo' }, click(2, 2), { type: 'redo' });
    expect(promptAt(state.objects, 1, 1001)?.points).toHaveLength(1);
  });
});

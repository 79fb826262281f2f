import type { ShotObject } from '@roto/sdk/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInput } from './terminal-input.ts';
import {
  cellOf,
  pixelAt,
  reduceTerminal,
  resizeTerminal,
  startTerminal,
  type TerminalEffect,
  type TerminalPlace,
  type TerminalState,
} from './terminal-state.ts';

const matte: ShotObject = { id: 1, name: 'matte', prompts: [], locked: [] };
const place: TerminalPlace = {
  clip: { width: 200, height: 100, pixelAspect: 1 },
  range: { first: 1001, last: 1050 },
  objects: [matte],
  trackedHere: false,
  unsaved: false,
  running: false,
};
/** 100 columns and 25 rows: a cell is two pixels wide and four high. */
const area = { width: 100, height: 25 };
const start = startTerminal(1001, 1, area, place.clip);

function typing(text: string, at: TerminalPlace = place, from: TerminalState = start) {
  const effects: TerminalEffect[] = [];
  let state = from;
  for (const event of parseInput(text).events) {
    const step = reduceTerminal(state, event, at);
    state = step.state;
    effects.push(...step.effects);
  }
  const actions = effects.flatMap((effect) => (effect.do === 'act' ? [effect.action] : []));
  return { state, effects, actions };
}

const esc = '\u001b';
const right = `${esc}[C`;
const down = `${esc}[B`;
const at = (column: number, row: number, end = 'M', bits = 0) =>
  `${esc}[<${bits};${column + 1};${row + 1}${end}`;

describe('picking with keys', () => {
  it('sets points on and beside the object in the middle of the cursor cell', () => {
    const { actions } = typing(`+${right}${down}-`);
    expect(actions).toEqual([
      {
        type: 'add-point',
        object: 1,
        frame: 1001,
        point: { x: 101, y: 50, label: 'positive' },
      },
      {
        type: 'add-point',
        object: 1,
        frame: 1001,
        point: { x: 103, y: 54, label: 'negative' },
      },
    ]);
  });

  it('makes a box of two corners, and none after Escape', () => {
    expect(typing(`b${right}${right}${down}b`).actions).toEqual([
      { type: 'set-box', object: 1, frame: 1001, box: { x1: 101, y1: 50, x2: 105, y2: 54 } },
    ]);
    const left = reduceTerminal(
      typing('b').state,
      { kind: 'key', key: 'escape', shift: false },
      place,
    );
    expect(left.state.corner).toBeUndefined();
  });

  it('steps within the range, and goes to a frame that is typed in', () => {
    expect(typing(',').state.frame).toBe(1001);
    expect(typing('..>').state.frame).toBe(1013);
    expect(typing('g1042\r').state.frame).toBe(1042);
    expect(typing('g9999\r').state.frame).toBe(1050);
    expect(typing('gx\r').state.frame).toBe(1001);
  });

  it('gives an object the name that is typed in, whatever else its letters mean', () => {
    const name = `e${'\u007f'.repeat(5)}squad\r`;
    expect(typing(name).actions).toEqual([{ type: 'rename-object', object: 1, name: 'squad' }]);
  });

  it('chooses another object by its number, by Tab, and when it is new', () => {
    const two = { ...place, objects: [matte, { ...matte, id: 7, name: 'dog' }] };
    expect(typing('2', two).state.object).toBe(7);
    expect(typing('\t', two).state.object).toBe(7);
    expect(typing('\t\t', two).state.object).toBe(1);
    expect(typing('9', two).state.object).toBe(1);
    expect(typing('n', two)).toMatchObject({
      state: { object: 8 },
      actions: [{ type: 'add-object' }],
    });
  });

  it('takes the nearest point away, and the box where there is none', () => {
    const points = [
      { x: 10, y: 10, label: 'positive' as const },
      { x: 110, y: 50, label: 'negative' as const },
    ];
    const withPoints = { ...matte, prompts: [{ frame: 1001, points }] };
    expect(typing('\u007f', { ...place, objects: [withPoints] }).actions).toEqual([
      { type: 'remove-point', object: 1, frame: 1001, index: 1 },
    ]);
    expect(typing('\u007f').actions).toMatchObject([{ type: 'remove-box' }]);
  });

  it('corrects where a tracked mask is seen', () => {
    const { actions } = typing('-', { ...place, trackedHere: true });
    expect(actions).toMatchObject([{ correction: true }]);
  });

  it('asks once before it leaves what is not saved, and forgets that it asked', () => {
    const unsaved = { ...place, unsaved: true };
    expect(typing('q', unsaved)).toMatchObject({ state: { leaving: true }, effects: [] });
    expect(typing('qq', unsaved).effects).toEqual([{ do: 'quit' }]);
    expect(typing('qmq', unsaved).effects).toEqual([]);
    expect(typing('q').effects).toEqual([{ do: 'quit' }]);
  });

  it('stops by Ctrl-C even while a name is typed or the help is shown', () => {
    for (const keys of ['\u0003', 'e\u0003', '?\u0003']) {
      expect(typing(keys).effects).toEqual([{ do: 'interrupt' }]);
    }
  });
});

describe('picking with the mouse', () => {
  it('sets a point by a click, beside the object with the other button or a key held', () => {
    const labels = [at(10, 5) + at(10, 5, 'm'), at(10, 5, 'M', 2) + at(10, 5, 'm', 2)];
    labels.push(at(10, 5, 'M', 8) + at(10, 5, 'm', 8));
    const points = labels.map((text) => typing(text).actions[0]);
    expect(points).toMatchObject([
      { point: { x: 21, y: 22, label: 'positive' } },
      { point: { x: 21, y: 22, label: 'negative' } },
      { point: { x: 21, y: 22, label: 'negative' } },
    ]);
  });

  it('makes a box by a drag, and nothing of one that ends outside the picture', () => {
    const drag = at(10, 5) + at(20, 8, 'M', 32) + at(30, 10, 'm');
    expect(typing(drag).actions).toEqual([
      { type: 'set-box', object: 1, frame: 1001, box: { x1: 21, y1: 22, x2: 61, y2: 42 } },
    ]);
    expect(typing(at(10, 5) + at(30, 40, 'm'))).toMatchObject({
      actions: [],
      state: { press: undefined },
    });
  });
});

describe('cells and pixels', () => {
  it('belong together at every size, aspect and zoom', () => {
    const side = fc.integer({ min: 2, max: 5000 });
    const cells = fc.integer({ min: 4, max: 300 });
    const clip = fc.record({
      width: side,
      height: side,
      pixelAspect: fc.constantFrom(1, 2, 0.5, 1.46),
    });
    const moves = fc.array(fc.constantFrom('i', 'o', right, down, `${esc}[A`, `${esc}[D`));
    fc.assert(
      fc.property(
        clip,
        cells,
        cells,
        moves,
        fc.nat(),
        fc.nat(),
        (given, width, height, keys, c, r) => {
          const first = startTerminal(1001, 1, { width, height }, given);
          const { state } = typing(keys.join(''), { ...place, clip: given }, first);
          const cell = { column: c % width, row: r % height };
          const pixel = pixelAt(state.view, cell, given);
          if (pixel === undefined) return;
          expect(pixel.x).toBeGreaterThanOrEqual(0);
          expect(pixel.x).toBeLessThanOrEqual(given.width);
          expect(pixel.y).toBeLessThanOrEqual(given.height);
          const back = cellOf(state, pixel);
          expect(Math.abs((back?.column ?? -9) - cell.column)).toBeLessThanOrEqual(1);
          expect(Math.abs((back?.row ?? -9) - cell.row)).toBeLessThanOrEqual(1);
          // The middle of a cell that lies wholly in the picture is in that very cell.
          const { left, top, scaleX, scaleY } = state.view;
          const isWhole =
            cell.column >= left &&
            cell.row >= top &&
            cell.column + 1 <= left + given.width * scaleX &&
            cell.row + 1 <= top + given.height * scaleY;
          if (isWhole) expect(back).toEqual(cell);
        },
      ),
    );
  });

  it('are those of the new size once the terminal has one', () => {
    const small = resizeTerminal(start, { width: 50, height: 25 }, place.clip);
    // The cursor stays on its pixel.
    expect(small.cursor).toEqual({ column: 25, row: 12 });
    expect(pixelAt(small.view, { column: 25, row: 12 }, place.clip)).toEqual({ x: 102, y: 50 });
  });

  it('are none beside the picture', () => {
    const wide = startTerminal(1001, 1, { width: 200, height: 25 }, place.clip);
    expect(pixelAt(wide.view, { column: 10, row: 12 }, place.clip)).toBeUndefined();
  });
});

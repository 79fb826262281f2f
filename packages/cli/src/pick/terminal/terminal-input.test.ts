import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endInput, parseInput, type TerminalEvent } from './terminal-input.ts';

const esc = '\u001b';
const key = (name: string, shift = false) => ({ kind: 'key', key: name, shift });
const mouse = (what: string, button: string, column: number, row: number, held = false) => ({
  kind: 'mouse',
  what,
  button,
  held,
  column,
  row,
});

describe('what a terminal sends', () => {
  it.each<[string, string, object[]]>([
    ['characters', 'a+é😀', [key('a'), key('+'), key('é'), key('😀')]],
    ['Ctrl-C, Enter, Tab', '\u0003\r\t', [key('interrupt'), key('enter'), key('tab')]],
    ['both backspaces', '\u007f\b', [key('backspace'), key('backspace')]],
    ['arrows', `${esc}[A${esc}OB`, [key('up'), key('down')]],
    ['Shift and an arrow', `${esc}[1;2C${esc}[1;5D`, [key('right', true), key('left')]],
    [
      'a click',
      `${esc}[<0;10;5M${esc}[<0;10;5m`,
      [mouse('press', 'left', 9, 4), mouse('release', 'left', 9, 4)],
    ],
    ['a right click far out', `${esc}[<2;300;200M`, [mouse('press', 'right', 299, 199)]],
    ['a drag with Alt', `${esc}[<40;2;2M`, [mouse('drag', 'left', 1, 1, true)]],
    [
      'the wheel',
      `${esc}[<64;1;1M${esc}[<65;1;1M`,
      [mouse('wheel-up', 'left', 0, 0), mouse('wheel-down', 'left', 0, 0)],
    ],
    ['unknown sequences between keys', `a${esc}[200~${esc}[5~b`, [key('a'), key('b')]],
    ['Escape before another sequence', `${esc}${esc}[A`, [key('escape'), key('up')]],
  ])('is read: %s', (_title, text, events) => {
    expect(parseInput(text)).toEqual({ events, rest: '' });
  });

  it('is the Escape key where nothing follows', () => {
    expect(parseInput(esc)).toEqual({ events: [], rest: esc });
    expect(endInput(esc)).toEqual([key('escape')]);
    expect(endInput(`${esc}[<0;`)).toEqual([]);
  });

  it('means the same however it is cut into pieces', () => {
    const part = fc.constantFrom('a', '+', '\r', `${esc}[A`, `${esc}[1;2D`, `${esc}[<0;33;12M`);
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.integer({ min: 1, max: 5 })), (parts, cuts) => {
        const text = parts.join('');
        const events: TerminalEvent[] = [];
        let rest = '';
        let at = 0;
        for (const length of [...cuts, text.length + 1]) {
          const parsed = parseInput(rest + text.slice(at, at + length));
          at += length;
          events.push(...parsed.events);
          rest = parsed.rest;
        }
        expect({ events, rest }).toEqual(parseInput(text));
      }),
    );
  });

  it('never stays with more than one sequence, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(esc, '[', '<', '1', ';', 'x', '\n') }),
        (text) => {
          expect(parseInput(text).rest.length).toBeLessThan(32);
        },
      ),
    );
  });
});

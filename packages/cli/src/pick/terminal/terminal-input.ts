/** Keys that have a name; every other one is the character it types. */
export type NamedKey =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'enter'
  | 'backspace'
  | 'escape'
  | 'tab'
  | 'interrupt';

/** What somebody did at a terminal. */
export type TerminalEvent =
  | { readonly kind: 'key'; readonly key: NamedKey | (string & {}); readonly shift: boolean }
  | {
      readonly kind: 'mouse';
      readonly what: 'press' | 'drag' | 'release' | 'wheel-up' | 'wheel-down';
      readonly button: 'left' | 'middle' | 'right';
      /** Whether a key was held that makes a click mean its opposite: Shift, Alt or Control. */
      readonly held: boolean;
      /** Cell, counted from 0 at the top left. */
      readonly column: number;
      readonly row: number;
    };

/** Events, and the beginning of one that has not come whole yet. */
export interface ParsedInput {
  readonly events: readonly TerminalEvent[];
  readonly rest: string;
}

const esc = '\u001b';
/** A sequence that is longer than this is none that is known. */
const longestSequence = 32;

const letters: Readonly<Record<string, NamedKey>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
};

const controls: Readonly<Record<string, NamedKey>> = {
  '\u0003': 'interrupt',
  '\t': 'tab',
  '\r': 'enter',
  '\n': 'enter',
  '\b': 'backspace',
  '\u007f': 'backspace',
};

/**
 * Reads what a terminal in raw mode sends: characters, cursor keys (ECMA-48, with xterm's
 * modifiers) and the mouse (xterm's SGR mode, 1006). Sequences that are not known are left out.
 */
export function parseInput(text: string): ParsedInput {
  const events: TerminalEvent[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] !== esc) {
      const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
      at += char.length;
      const event = typed(char);
      if (event !== undefined) events.push(event);
      continue;
    }
    const sequence = sequenceAt(text, at);
    if (sequence === undefined) return { events, rest: text.slice(at) };
    at += sequence.length;
    const event = sequenceEvent(sequence);
    if (event !== undefined) events.push(event);
  }
  return { events, rest: '' };
}

/** The Escape key sends what every sequence begins with: it was the key where nothing follows. */
export function endInput(rest: string): TerminalEvent[] {
  return rest === esc ? [key('escape')] : [];
}

function typed(char: string): TerminalEvent | undefined {
  const control = controls[char];
  if (control !== undefined) return key(control);
  return char < ' ' ? undefined : key(char);
}

/** A whole sequence from its escape on; undefined where its end has not come. */
function sequenceAt(text: string, at: number): string | undefined {
  const rest = text.slice(at, at + longestSequence);
  if (rest.length === 1) return undefined;
  if (rest[1] === esc) return esc;
  if (rest[1] !== '[' && rest[1] !== 'O') return rest.slice(0, 2);
  for (let end = 2; end < rest.length; end += 1) {
    const code = rest.charCodeAt(end);
    if (code >= 0x40 && code <= 0x7e) return rest.slice(0, end + 1);
    // No part of a sequence: what began it is left out.
    if (code < 0x20 || code > 0x7e) return rest.slice(0, end);
  }
  return rest.length === longestSequence ? rest : undefined;
}

function sequenceEvent(sequence: string): TerminalEvent | undefined {
  if (sequence === esc) return key('escape');
  const [, bits, column, row, end] = /^.\[<(\d+);(\d+);(\d+)([Mm])$/.exec(sequence) ?? [];
  if (end !== undefined) {
    const place = { column: Number(column) - 1, row: Number(row) - 1 };
    return mouseEvent(Number(bits), place, end === 'm');
  }
  const [, modifier = '1', letter = ''] = /^.[[O](?:1;(\d))?([A-D])$/.exec(sequence) ?? [];
  const name = letters[letter];
  // One less are the bits of the modifiers, of which the lowest is Shift.
  return name === undefined ? undefined : key(name, (Number(modifier) - 1) % 2 === 1);
}

const buttons = ['left', 'middle', 'right'] as const;

/** Bits of xterm: 1 and 2 the button, 4 Shift, 8 Meta, 16 Control, 32 motion, 64 the wheel. */
function mouseEvent(
  bits: number,
  place: { readonly column: number; readonly row: number },
  released: boolean,
): TerminalEvent | undefined {
  const held = (bits & 28) !== 0;
  if ((bits & 64) !== 0) {
    const what = (bits & 1) === 0 ? 'wheel-up' : 'wheel-down';
    return { kind: 'mouse', what, button: 'left', held, ...place };
  }
  const button = buttons[bits & 3];
  if (button === undefined) return undefined;
  const what = released ? 'release' : (bits & 32) !== 0 ? 'drag' : 'press';
  return { kind: 'mouse', what, button, held, ...place };
}

function key(name: string, shift = false): TerminalEvent {
  return { kind: 'key', key: name, shift };
}

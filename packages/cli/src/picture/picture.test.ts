import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFakeIo, KeptStream } from '../../test/support/fake-io.ts';
import { detectGraphics, type Graphics } from './detect-graphics.ts';
import { drawPicture } from './draw-picture.ts';
import { halfBlocks, paletteIndex } from './half-blocks.ts';
import { kittyPicture } from './kitty.ts';
import { type Picture, shrinkPicture } from './picture.ts';

/** A picture of noise, the same every time (a linear congruential generator, Numerical Recipes). */
function noise(width: number, height: number): Picture {
  let state = 1;
  const rgb = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  return { width, height, rgb };
}

describe('shrinking', () => {
  it('gives the mean of the pixels it covers', () => {
    const rgb = new Uint8Array([0, 10, 20, 100, 30, 40, 200, 50, 60, 100, 70, 80]);
    const one = shrinkPicture({ width: 2, height: 2, rgb }, 1, 1);
    expect([...one.rgb]).toEqual([100, 40, 50]);
  });

  it('keeps a plain picture plain at any size', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, (width, height, toWidth, toHeight) => {
        const rgb = new Uint8Array(width * height * 3).fill(137);
        const small = shrinkPicture(
          { width, height, rgb },
          Math.min(width, toWidth),
          Math.min(height, toHeight),
        );
        expect(small.rgb.every((value) => value === 137)).toBe(true);
      }),
    );
  });
});

describe('half blocks', () => {
  it('shows two rows in one line and leaves nothing below an odd last row', () => {
    const rgb = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(halfBlocks({ width: 1, height: 3, rgb }, 'rgb')).toEqual([
      '\u001b[38;2;1;2;3;48;2;4;5;6m▀\u001b[0m',
      '\u001b[38;2;7;8;9;49m▀\u001b[0m',
    ]);
  });

  it.each([
    [[0, 0, 0], 16],
    [[255, 255, 255], 231],
    [[255, 0, 0], 196],
    [[128, 128, 128], 244],
  ] as const)('finds the nearest palette colour of %j', ([r, g, b], index) => {
    expect(paletteIndex(r, g, b)).toBe(index);
  });
});

describe('terminal pictures', () => {
  const sample = noise(100, 60);

  it('sends kitty the same pixels in chunks of 4096', () => {
    const text = kittyPicture(sample, { columns: 10, rows: 3 });
    const chunks = text
      .trimEnd()
      .split('\u001b\\')
      .filter((chunk) => chunk !== '');
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks[0]).toContain('s=100,v=60,c=10,r=3,m=1;');
    const data = chunks.map((chunk) => chunk.slice(chunk.indexOf(';') + 1));
    for (const part of data) expect(part.length).toBeLessThanOrEqual(4096);
    expect(chunks.at(-1)).toContain('m=0;');
    expect(inflateSync(Buffer.from(data.join(''), 'base64')).equals(sample.rgb)).toBe(true);
  });

  it.each<[Graphics, string]>([
    [{ kind: 'kitty' }, '<ESC>_Ga=T'],
    [{ kind: 'iterm2' }, '<ESC>]1337;File=inline=1;size=3;width='],
    [{ kind: 'sixel', cell: { width: 10, height: 20 } }, '<ESC>P0;0;q"1;1;100;60'],
    [{ kind: 'blocks', colors: 'palette' }, '<ESC>[38;5;'],
  ])('draws with %j', (graphics, beginning) => {
    const io = createFakeIo({ stdout: new KeptStream({ isTTY: true, columns: 40 }) });
    expect(drawPicture(io, graphics, sample, new Uint8Array(3))).toBe(true);
    expect(io.stdout.text.replaceAll('\u001b', '<ESC>').startsWith(beginning)).toBe(true);
    expect(io.stdout.text.endsWith('\n')).toBe(true);
  });

  it('stays inside the terminal with blocks', () => {
    const stdout = new KeptStream({ isTTY: true, columns: 20, rows: 12 });
    drawPicture(
      createFakeIo({ stdout }),
      { kind: 'blocks', colors: 'rgb' },
      noise(100, 400),
      new Uint8Array(),
    );
    const lines = stdout.plain.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(7);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(20);
  });
});

describe('finding out what a terminal can draw', () => {
  const ask = (answer: string, env: Record<string, string> = {}) => {
    const stdout = new KeptStream({ isTTY: true });
    return detectGraphics(
      createFakeIo({ stdout, env, terminal: { ask: () => Promise.resolve(answer) } }),
    );
  };

  it.each<[string, string, Record<string, string>, Graphics]>([
    ['kitty', '\u001b_Gi=31;OK\u001b\\\u001b[?62c', {}, { kind: 'kitty' }],
    ['iTerm2', '\u001bP>|iTerm2 3.5.0\u001b\\\u001b[?62;4c', {}, { kind: 'iterm2' }],
    [
      'a sixel terminal',
      '\u001b[6;18;9t\u001b[?62;4;22c',
      {},
      { kind: 'sixel', cell: { width: 9, height: 18 } },
    ],
    [
      'a sixel terminal that hides its cell',
      '\u001b[?64;1;4c',
      {},
      { kind: 'sixel', cell: { width: 10, height: 20 } },
    ],
    ['xterm', '\u001b[?64;1;2;6c', { COLORTERM: 'truecolor' }, { kind: 'blocks', colors: 'rgb' }],
    ['a silent terminal', '', {}, { kind: 'none' }],
    ['iTerm2 by name', '', { TERM_PROGRAM: 'iTerm.app' }, { kind: 'iterm2' }],
    [
      'tmux inside kitty',
      '\u001b[?1;2;c',
      { TMUX: '/tmp/x', KITTY_WINDOW_ID: '1', COLORTERM: 'truecolor' },
      { kind: 'blocks', colors: 'rgb' },
    ],
    ['NO_COLOR', '\u001b[?62c', { COLORTERM: 'truecolor', NO_COLOR: '1' }, { kind: 'none' }],
    ['a dumb terminal', '\u001b_Gi=31;OK\u001b\\', { TERM: 'dumb' }, { kind: 'none' }],
  ])('knows %s', async (_title, answer, env, graphics) => {
    expect(await ask(answer, env)).toEqual(graphics);
  });

  it('asks nothing of a pipe', async () => {
    const terminal = { ask: () => Promise.reject(new Error('asked')) };
    expect(await detectGraphics(createFakeIo({ terminal }))).toEqual({ kind: 'none' });
  });
});

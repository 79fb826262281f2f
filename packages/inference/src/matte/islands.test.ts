import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Matte, matteArea } from './alpha.ts';
import { despeckle } from './despeckle.ts';
import { fillHoles } from './fill-holes.ts';

/** `#` is 1, `+` .75, `-` .25, anything else 0. */
function draw(...rows: string[]): Matte {
  const levels: Record<string, number> = { '#': 65535, '+': 49151, '-': 16384 };
  const alpha = Uint16Array.from([...rows.join('')], (mark) => levels[mark] ?? 0);
  return { width: rows[0]?.length ?? 0, height: rows.length, alpha };
}

const mattes = fc.integer({ min: 1, max: 9 }).chain((width) =>
  fc
    .array(
      fc.array(fc.constantFrom(0, 0, 9000, 32767, 32768, 50000, 65535, 65535), {
        minLength: width,
        maxLength: width,
      }),
      { minLength: 1, maxLength: 9 },
    )
    .map((rows): Matte => ({ width, height: rows.length, alpha: Uint16Array.from(rows.flat()) })),
);

describe('despeckle', () => {
  test('removes a small island with its soft rim and keeps the larger one to the bit', () => {
    const matte = draw('..........', '-+##..-+-.', '-####..-..', '-####.....', '..........');
    const clean = draw('..........', '-+##......', '-####.....', '-####.....', '..........');
    expect(despeckle(matte, 5)).toEqual(clean);
  });

  test('counts pixels that touch by a corner as one island', () => {
    const matte = draw('#...', '.#..', '..#.', '...#');
    expect(despeckle(matte, 4)).toEqual(matte);
    expect(matteArea(despeckle(matte, 5))).toBe(0);
  });

  test('removes faint specks that nowhere reach a half, and keeps large faint areas', () => {
    const matte = draw('--......', '........', '..------', '..------');
    expect(despeckle(matte, 6)).toEqual(draw('........', '........', '..------', '..------'));
  });

  test('never raises alpha, and changes nothing at area 0', () => {
    fc.assert(
      fc.property(mattes, fc.integer({ min: 0, max: 90 }), (matte, area) => {
        const clean = despeckle(matte, area);
        expect(clean.alpha.every((value, i) => value <= (matte.alpha[i] ?? 0))).toBe(true);
        expect(despeckle(matte, 0)).toEqual(matte);
        expect(despeckle(clean, area)).toEqual(clean);
      }),
    );
  });
});

describe('fillHoles', () => {
  test('fills a small hole with its soft rim and leaves the outer edge to the bit', () => {
    const matte = draw('-######', '-#+-+##', '-#-.+##', '-######');
    const filled = draw('-######', '-######', '-######', '-######');
    expect(fillHoles(matte, 4)).toEqual(filled);
    expect(fillHoles(matte, 3)).toEqual(matte);
  });

  test('does not take what touches the border of the picture for a hole', () => {
    const matte = draw('##.##', '##.##', '#####');
    expect(fillHoles(matte, 100)).toEqual(matte);
  });

  test('does not let a hole out by a corner', () => {
    const matte = draw('.....', '.##..', '.#.#.', '.###.', '.....');
    expect(fillHoles(matte, 2)).toEqual(draw('.....', '.##..', '.###.', '.###.', '.....'));
  });

  test('never lowers alpha, and does not touch the background outside', () => {
    fc.assert(
      fc.property(mattes, fc.integer({ min: 0, max: 90 }), (matte, area) => {
        const filled = fillHoles(matte, area);
        expect(filled.alpha.every((value, i) => value >= (matte.alpha[i] ?? 0))).toBe(true);
        expect(fillHoles(matte, 0)).toEqual(matte);
      }),
    );
  });

  test.each([0, 65535])('leaves a matte that is %i all over as it is', (value) => {
    const matte = { width: 5, height: 4, alpha: new Uint16Array(20).fill(value) };
    expect(fillHoles(matte, 10)).toEqual(matte);
  });
});

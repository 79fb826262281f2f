import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillHoles } from './fill-holes.ts';

/** Logits from a drawing: `#` is object, `.` is not. */
function drawn(...rows: string[]): Float32Array {
  return Float32Array.from(rows.join(''), (cell) => (cell === '#' ? 2 : -2));
}

/** Filled cells as `o`. */
function drawing(logits: Float32Array): string[] {
  const cells = Array.from(logits, (logit) => (logit <= 0 ? '.' : logit === 2 ? '#' : 'o'));
  const side = Math.sqrt(cells.length);
  return Array.from({ length: side }, (_, y) => cells.slice(y * side, (y + 1) * side).join(''));
}

describe('fillHoles', () => {
  it('fills holes of at most so many cells, and tells cells by corners together', () => {
    const logits = drawn('#####', '#.#.#', '##.##', '#####', '####.');
    expect(drawing(fillHoles(logits, 3))).toEqual(['#####', '#o#o#', '##o##', '#####', '####o']);
    expect(drawing(fillHoles(logits, 2))).toEqual(['#####', '#.#.#', '##.##', '#####', '####o']);
    expect(fillHoles(logits, 3)[24]).toBe(Math.fround(0.1));
  });

  it('takes a logit of exactly 0 for a hole', () => {
    expect(fillHoles(Float32Array.of(2, 0, 2, 2), 8)[1]).toBe(Math.fround(0.1));
  });

  it('leaves the mask as it is where there is no hole, or nothing is to be filled', () => {
    const logits = drawn('##', '#.');
    expect(fillHoles(logits, 0)).toBe(logits);
    const absent = new Float32Array(16).fill(-1024);
    expect(fillHoles(absent, 8)).toBe(absent);
  });

  it('fills the same cells as a plain labelling of any mask', () => {
    const cells = fc.array(fc.boolean(), { minLength: 49, maxLength: 49 });
    fc.assert(
      fc.property(cells, fc.integer({ min: 1, max: 12 }), (object, area) => {
        const logits = Float32Array.from(object, (is) => (is ? 1 : -1));
        const expected = Float32Array.from(logits, (logit, i) =>
          logit <= 0 && holeAround(object, 7, i).size <= area ? 0.1 : logit,
        );
        expect(fillHoles(logits, area)).toEqual(expected);
      }),
    );
  });
});

/** Grows a set of cells that are not object until it stops growing. */
function holeAround(object: readonly boolean[], side: number, start: number): Set<number> {
  const hole = new Set([start]);
  // Cells added on the way are visited too.
  for (const at of hole) {
    for (let other = 0; other < object.length; other += 1) {
      const dx = Math.abs((other % side) - (at % side));
      const dy = Math.abs(Math.floor(other / side) - Math.floor(at / side));
      if (dx <= 1 && dy <= 1 && object[other] === false) hole.add(other);
    }
  }
  return hole;
}

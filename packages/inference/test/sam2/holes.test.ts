import { expect, test } from 'vitest';
import { fillHoles } from '../../src/engine/sam2/fill-holes.ts';
import { readFixture } from '../support/fixture-file.ts';
import { madeValues } from '../support/made-weights.ts';

const side = 64;

/** As `reference/write_holes.py` makes them: noise of two sizes. */
function madeLogits(name: string): Float32Array {
  const coarse = madeValues(`${name}.coarse`, [8, 8], { center: 0, amplitude: 3 });
  const fine = madeValues(`${name}.fine`, [side, side], { center: 1, amplitude: 4 });
  return fine.map((value, at) => {
    const [x, y] = [at % side, Math.floor(at / side)];
    return (coarse[Math.floor(y / 8) * 8 + Math.floor(x / 8)] ?? 0) + value;
  });
}

test.each(['holes-0', 'holes-1'])(
  'a plain labelling finds the same holes of every size in %s',
  (name) => {
    const fixture = readFixture('holes');
    const logits = madeLogits(name);
    for (const area of [1, 8, 40]) {
      const filled = fillHoles(logits, area);
      const cells = [...filled.keys()].filter((at) => filled[at] !== logits[at]);
      expect(cells).toEqual([...fixture.read(`${name}.${area}`)]);
      expect(cells.every((at) => filled[at] === Math.fround(0.1))).toBe(true);
      expect(cells.length).toBeGreaterThan(20);
    }
  },
);

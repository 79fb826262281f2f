import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { squarePicture } from '../src/engine/sam2/square-picture.ts';
import { readJsonFixture } from './support/fixture-file.ts';
import { madeFrame, madeHeight, madeMask, madeSquare, madeWidth } from './support/made-clip.ts';

const record = z.record(z.string(), z.string());
const hashes = z
  .object({ frames: record, masks: record, squares: record, stretched: record })
  .parse(readJsonFixture('made'));

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('made frames, masks and squares are the same bytes as made in Python', () => {
  for (const [index, expected] of Object.entries(hashes.frames)) {
    expect(hash(madeFrame(Number(index)))).toBe(expected);
  }
  for (const [key, expected] of Object.entries(hashes.masks)) {
    const [index, which] = key.split('/');
    expect(hash(madeMask(Number(index), which === '0' ? 0 : 1))).toBe(expected);
  }
  for (const [side, expected] of Object.entries(hashes.squares)) {
    expect(hash(madeSquare(Number(side)))).toBe(expected);
  }
});

test("a made frame is stretched to a square in Pillow's very bytes", () => {
  const picture = { width: madeWidth, height: madeHeight, rgb: madeFrame(3) };
  for (const [side, expected] of Object.entries(hashes.stretched)) {
    expect(hash(squarePicture(picture, Number(side))), side).toBe(expected);
  }
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  findSequence,
  findSequenceIn,
  frameName,
  frameNumber,
  parseSequencePattern,
  patternPath,
  type SequencePattern,
  sequenceAt,
  singlePicture,
} from './sequence.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-sequence-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function folderWith(name: string, files: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  for (const file of files) {
    await writeFile(join(path, file), 'x');
  }
  return path;
}

function parsed(path: string): SequencePattern {
  const pattern = parseSequencePattern(path);
  if (pattern === undefined) {
    throw new Error(`${path} is no pattern`);
  }
  return pattern;
}

describe('parseSequencePattern', () => {
  it.each([
    ['/a/plate.####.png', 'plate.', 4, '.png'],
    ['/a/plate.#.png', 'plate.', 1, '.png'],
    ['/a/plate.%04d.exr', 'plate.', 4, '.exr'],
    ['/a/plate_%d.tif', 'plate_', 1, '.tif'],
    ['/a/plate.$F4.jpg', 'plate.', 4, '.jpg'],
    ['/a/plate.$F.jpg', 'plate.', 1, '.jpg'],
    ['/a/plate@@@.TIFF', 'plate', 3, '.TIFF'],
    ['/a/v#2/take#3.######_x.png', 'take#3.', 6, '_x.png'],
    ['/a/50%/plate.%03d.png', 'plate.', 3, '.png'],
  ])('reads %s', (path, prefix, padding, suffix) => {
    expect(parsed(path)).toMatchObject({ prefix, padding, suffix, range: undefined });
  });

  it('reads a range in place of the number', () => {
    expect(parsed('/a/plate.1001-1100.exr')).toMatchObject({
      prefix: 'plate.',
      suffix: '.exr',
      padding: 4,
      range: { first: 1001, last: 1100 },
    });
    expect(parsed('/a/plate.-5-10.exr').range).toEqual({ first: -5, last: 10 });
    expect(parseSequencePattern('/a/plate.1100-1001.exr')).toBeUndefined();
  });

  it('takes no other name for a pattern', () => {
    for (const path of ['/a/####.mov', '/a/plate.1001.png', '/a/plate.png', '/a/####/plate.png']) {
      expect(parseSequencePattern(path)).toBeUndefined();
    }
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const pattern = parseSequencePattern(`/a/${text}.png`);
        expect(pattern === undefined || pattern.padding >= 1).toBe(true);
      }),
    );
  });
});

describe('frame names', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '.', '_', '-', ' ', "'", '\n', '%', '7') });
  const patterns = fc.record({
    folder: fc.constant('/a'),
    prefix: text,
    suffix: text.map((middle) => `${middle}.png`),
    padding: fc.integer({ min: 1, max: 12 }),
    range: fc.constant(undefined),
  });
  const numbers = fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 });

  it('give their number back, for any pattern and number', () => {
    fc.assert(
      fc.property(patterns, numbers, (pattern, number) => {
        expect(frameNumber(pattern, frameName(pattern, number))).toBe(number);
      }),
    );
  });

  it('are alike for one number only', () => {
    fc.assert(
      fc.property(patterns, numbers, numbers, (pattern, one, other) => {
        fc.pre(one !== other);
        expect(frameName(pattern, one)).not.toBe(frameName(pattern, other));
      }),
    );
  });

  it('come back from the written pattern', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), numbers, (padding, number) => {
        const pattern = {
          folder: '/a',
          prefix: 'plate.',
          suffix: '.png',
          padding,
          range: undefined,
        };
        expect(parsed(patternPath(pattern))).toEqual(pattern);
        expect(singlePicture(`/a/${frameName(pattern, number)}`).frames[0]?.number).toBe(number);
      }),
    );
  });
});

describe('findSequence', () => {
  it('lists the frames of the pattern alone, in order of number', async () => {
    const files = ['p.0999.png', 'p.1000.png', 'p.10000.png', 'p.00998.png', 'q.1001.png', 'p.png'];
    const path = await folderWith('order', files);
    const found = await findSequence(parsed(join(path, 'p.####.png')));
    expect(found.frames.map(({ number }) => number)).toEqual([999, 1000, 10_000]);
  });

  it('keeps to the range in the name, negative numbers included', async () => {
    const path = await folderWith('range', [
      'p.-002.png',
      'p.-001.png',
      'p.0000.png',
      'p.0001.png',
    ]);
    const found = await findSequence(parsed(join(path, 'p.####.png')));
    expect(found.frames.map(({ number }) => number)).toEqual([-2, -1, 0, 1]);
    const some = await findSequence({ ...found.pattern, range: { first: -1, last: 0 } });
    expect(some.frames.map(({ number }) => number)).toEqual([-1, 0]);
  });

  it('refuses a number that is there twice', async () => {
    const path = await folderWith('twice', ['p.-001.png', 'p.-0001.png']);
    await expect(findSequence(parsed(join(path, 'p.####.png')))).rejects.toMatchObject({
      code: 'source_unreadable',
    });
  });

  it('says what names it looked for when there are none', async () => {
    await expect(findSequence(parsed(join(folder, 'no.####.png')))).rejects.toMatchObject({
      code: 'source_not_found',
    });
  });
});

describe('findSequenceIn', () => {
  it('finds the one sequence of a folder, unpadded numbers included', async () => {
    const path = await folderWith('one', [
      '-a 8.png',
      '-a 9.png',
      '-a 10.png',
      '.x.1.png',
      'read.me',
    ]);
    const found = await findSequenceIn(path);
    expect(found.frames.map(({ number }) => number)).toEqual([8, 9, 10]);
  });

  it('names the sequences where there are several', async () => {
    const path = await folderWith('several', ['a.1.png', 'b.1.png']);
    await expect(findSequenceIn(path)).rejects.toThrow(/a\.#\.png, b\.#\.png/);
  });

  it('refuses a folder without numbered pictures', async () => {
    const path = await folderWith('none', ['a.txt', 'cover.png']);
    await expect(findSequenceIn(path)).rejects.toMatchObject({ code: 'source_not_found' });
  });
});

describe('sequenceAt', () => {
  it('tells a folder, a picture and a pattern from movies, and from what is not there', async () => {
    const path = await folderWith('named', ['a.7.png', 'a.8.png', 'a.mov']);
    const numbersAt = async (name: string) =>
      (await sequenceAt(join(path, name)))?.frames.map(({ number }) => number);
    expect(await numbersAt('.')).toEqual([7, 8]);
    expect(await numbersAt('a.8.png')).toEqual([8]);
    expect(await numbersAt('a.#.png')).toEqual([7, 8]);
    for (const name of ['a.mov', 'b.mov', 'a\0.png']) expect(await numbersAt(name)).toBeUndefined();
  });
});

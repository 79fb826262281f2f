import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectMask } from '../src/engine/engine.ts';
import { compressRuns, runLengths } from '../src/export/rle.ts';
import {
  clipInfo,
  discMatte,
  everything,
  matteFrame,
  modelSha256,
  newFolder,
  shotHash,
  writeAll,
  writerContext,
} from './support/export-support.ts';

let out = '';
beforeEach(async () => {
  out = await newFolder();
});
afterEach(() => rm(out, { recursive: true, force: true }));

const stamp = {
  version: '1.2.3',
  engine: 'lite',
  model: { id: 'mobilesam', sha256: modelSha256 },
  shotSha256: shotHash,
};

/** COCO's compressed string back to a mask of 0 and 1 in row order, by its definition. */
function decodeCoco({ size, counts }: { size: [number, number]; counts: string }): number[] {
  const [height, width] = size;
  const runs: number[] = [];
  for (let at = 0; at < counts.length; ) {
    let [value, shift, last] = [0, 0, 0];
    do {
      last = counts.charCodeAt(at++) - 48;
      value += (last % 32) * 2 ** shift;
      shift += 5;
    } while (last >= 32);
    if ((last & 16) !== 0) value -= 2 ** shift;
    runs.push(value + (runs.length > 2 ? (runs.at(-2) ?? 0) : 0));
  }
  const columns = runs.flatMap((length, i) => Array.from({ length }, () => i % 2));
  expect(columns).toHaveLength(width * height);
  return Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return columns[x * height + y] ?? -1;
  });
}

describe('rle', () => {
  it.each([
    { width: 64, height: 36 },
    { width: 35, height: 27 },
  ])('holds every frame of $width x $height as a COCO mask with its number', async (size) => {
    const context = writerContext(out, 'rle', { clip: clipInfo(size) });
    const result = await writeAll('rle', context);
    expect(result).toMatchObject({ object: 'hero', path: join(out, 'hero.rle.json') });
    expect(await everything(out)).toEqual(['hero.rle.json']);
    const { frames, ...about } = JSON.parse(await readFile(context.path, 'utf8'));
    expect(about).toEqual({
      schema: 'roto.rle/1',
      roto: stamp,
      object: 'hero',
      ...size,
      rate: { num: 24000, den: 1001 },
      firstFrame: 1001,
      lastFrame: 1005,
    });
    expect(frames.map(({ frame }: { frame: number }) => frame)).toEqual([
      1001, 1002, 1003, 1004, 1005,
    ]);
    for (const frame of frames) {
      const { alpha } = discMatte(frame.frame, size.width, size.height);
      expect(frame.size).toEqual([size.height, size.width]);
      expect(decodeCoco(frame)).toEqual(Array.from(alpha, (value) => (value >= 32_768 ? 1 : 0)));
    }
  });

  it.each([
    // Made by pycocotools 2.0.8 from the same masks.
    [10, 9, (x: number, y: number) => x >= 2 && x < 5 && y >= 1 && y < 7, 'c063000\\1'],
    [
      35,
      27,
      (x: number, y: number) => (x - 17) ** 2 + (y - 13) ** 2 < 100,
      'Q79a02M4N0O2N2O0000000000000001N2N102L3N`6',
    ],
    [5, 1, () => true, '05'],
    [4, 3, () => false, '<'],
  ])('writes the string pycocotools writes (%i x %i)', (width, height, inside, counts) => {
    const alpha = Uint16Array.from({ length: width * height }, (_, i) =>
      inside(i % width, Math.floor(i / width)) ? 65_535 : 0,
    );
    expect(compressRuns(runLengths(alpha, width, height))).toBe(counts);
  });

  it('decodes to the mask it came from, whatever the mask', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }).chain((width) =>
          fc.tuple(
            fc.constant(width),
            fc.array(fc.array(fc.boolean(), { minLength: width, maxLength: width }), {
              minLength: 1,
              maxLength: 40,
            }),
          ),
        ),
        ([width, rows]) => {
          const inside = rows.flat();
          const alpha = Uint16Array.from(inside, (value) => (value ? 32_768 : 32_767));
          const counts = compressRuns(runLengths(alpha, width, rows.length));
          expect(decodeCoco({ size: [rows.length, width], counts })).toEqual(inside.map(Number));
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** What NumPy's format 1.0 says of an array, and its values. */
function parseNpy(bytes: Buffer) {
  expect(bytes.toString('latin1', 0, 8)).toBe('\x93NUMPY\x01\x00');
  const length = bytes.readUInt16LE(8);
  expect((10 + length) % 64).toBe(0);
  const header = bytes.toString('latin1', 10, 10 + length);
  expect(header.endsWith('\n')).toBe(true);
  const match =
    /^\{'descr': '(.*)', 'fortran_order': (\w+), 'shape': \((.*)\), \} *\n$/.exec(header) ?? [];
  const shape = (match[3] ?? '').split(',').map(Number);
  const data = bytes.subarray(10 + length);
  const values = Array.from({ length: data.length / 4 }, (_, i) => data.readFloatLE(4 * i));
  return { descr: match[1], order: match[2], shape, values };
}

describe('logits', () => {
  const grid = (number: number): ObjectMask => ({
    width: 6,
    height: 4,
    logits: Float32Array.from({ length: 24 }, (_, i) => (i - 12) * 1.25 + number),
    region: { x: -3.5, y: 2, width: 40, height: 30 },
    score: 0.75,
  });

  it('holds the engine’s grid bit for bit, and an empty array where there is none', async () => {
    const context = writerContext(out, 'logits');
    await writeAll('logits', context, {
      frame: (number) => ({
        ...matteFrame(number, context.clip),
        mask: number === 1003 ? undefined : grid(number),
      }),
    });
    expect(await everything(join(out, 'hero'))).toEqual([
      ...[1001, 1002, 1003, 1004, 1005].map((number) => `hero.${number}.npy`),
      'hero.logits.json',
    ]);
    const read = async (number: number) =>
      parseNpy(await readFile(join(out, 'hero', `hero.${number}.npy`)));
    expect(await read(1002)).toEqual({
      descr: '<f4',
      order: 'False',
      shape: [4, 6],
      values: [...grid(1002).logits],
    });
    expect(await read(1003)).toEqual({ descr: '<f4', order: 'False', shape: [0, 0], values: [] });
  });

  it('says beside them where each grid lies in the picture', async () => {
    const context = writerContext(out, 'logits');
    await writeAll('logits', context, {
      frame: (number) => ({
        ...matteFrame(number, context.clip),
        mask: number === 1003 ? undefined : grid(number),
      }),
    });
    const sidecar = JSON.parse(await readFile(join(out, 'hero', 'hero.logits.json'), 'utf8'));
    expect(sidecar).toMatchObject({
      ...{ schema: 'roto.logits/1', roto: stamp, object: 'hero', width: 64, height: 36 },
      ...{ firstFrame: 1001, lastFrame: 1005 },
    });
    expect(sidecar.frames).toHaveLength(5);
    expect(sidecar.frames[0]).toEqual({
      frame: 1001,
      file: 'hero.1001.npy',
      shape: [4, 6],
      region: { x: -3.5, y: 2, width: 40, height: 30 },
      score: 0.75,
    });
    expect(sidecar.frames[2]).toEqual({
      ...{ frame: 1003, file: 'hero.1003.npy', shape: [0, 0], region: null, score: null },
    });
  });
});

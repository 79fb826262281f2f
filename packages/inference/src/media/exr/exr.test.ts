import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import expected from '../../../test/exr/expected.json' with { type: 'json' };
import { decodeExr, readExrHeader } from './exr.ts';

const fixtures = fileURLToPath(new URL('../../../test/exr/', import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-exr-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('decodeExr', () => {
  it.each(Object.entries(expected))('reads %s as the OpenEXR library does', async (name, file) => {
    const path = join(fixtures, name);
    const header = await readExrHeader(path);
    expect(header).toMatchObject({ width: file.width, height: file.height, isLinear: true });
    const rgb = await decodeExr(path);
    expect(rgb).toHaveLength(file.width * file.height * 3);
    const bytes = new Uint8Array(rgb.buffer);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
  });

  it('keeps NaN and infinities for the view to deal with', async () => {
    const rgb = await decodeExr(join(fixtures, 'wild.exr'));
    expect([...rgb.subarray(0, 3)]).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
  });

  it('names what it does not read', async () => {
    await expect(decodeExr(join(fixtures, 'dwaa.exr'))).rejects.toThrow(/DWAA/);
    await expect(readExrHeader(join(fixtures, 'depth-only.exr'))).rejects.toThrow(/only Z/);
    await expect(readExrHeader(join(fixtures, 'README.md'))).rejects.toMatchObject({
      code: 'source_unreadable',
    });
  });

  it('finds a file that is cut off, wherever', async () => {
    for (const name of ['half-zip.exr', 'half-piz.exr', 'tiled.exr', 'parts.exr']) {
      const whole = await readFile(join(fixtures, name));
      for (const part of [4, 60, 300, whole.length - 1]) {
        const path = join(folder, 'cut.exr');
        await writeFile(path, whole.subarray(0, part));
        await expect(decodeExr(path)).rejects.toMatchObject({ code: 'source_unreadable' });
      }
    }
  });

  it('gives a picture or a clear error for damaged bytes, never a crash', async () => {
    const files = ['half-piz.exr', 'wide-piz.exr', 'half-rle.exr', 'mixed-pxr24.exr', 'tiled.exr'];
    const wholes = await Promise.all(files.map((name) => readFile(join(fixtures, name))));
    const path = join(folder, 'damaged.exr');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...wholes),
        fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), {
          minLength: 1,
          maxLength: 6,
        }),
        async (whole, changes) => {
          const bytes = Buffer.from(whole);
          for (const [place, value] of changes) {
            bytes[Math.floor(place * bytes.length)] = value;
          }
          await writeFile(path, bytes);
          const outcome = await decodeExr(path).catch((error: unknown) => error);
          if (!(outcome instanceof Float32Array)) {
            expect(outcome).toMatchObject({ code: 'source_unreadable' });
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

import { existsSync } from 'node:fs';
import { link, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { estimateOutputBytes, type OutputFormat, RotoError } from '@roto/sdk/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outputPaths } from '../src/export/output-paths.ts';
import {
  checkOutputs,
  freeSpace,
  type PreflightOptions,
  planFiles,
  spaceWarning,
} from '../src/export/preflight.ts';
import { everything, newFolder, writeAll, writerContext } from './support/export-support.ts';

let out = '';
beforeEach(async () => {
  out = await newFolder();
});
afterEach(() => rm(out, { recursive: true, force: true }));

function options(formats: readonly OutputFormat[], changes: Partial<PreflightOptions> = {}) {
  const folder = changes.out ?? out;
  return {
    out: folder,
    outputs: outputPaths(
      folder,
      ['hero'],
      formats.map((format) => ({ format })),
    ),
    range: { first: 1001, last: 1005 },
    overwrite: false,
    clip: undefined,
    inputs: [],
    ...changes,
  };
}

async function refusal(work: Promise<unknown>): Promise<RotoError> {
  const error = await work.catch((cause: unknown) => cause);
  if (error instanceof RotoError) return error;
  throw new Error(`expected a refusal, got ${error}`);
}

describe('where outputs lie', () => {
  it('is one place for each format and object, and one greenscreen for all', () => {
    const paths = outputPaths(
      '/out',
      ['hero', 'car'],
      (['tiff16', 'prores4444', 'greenscreen', 'rle', 'logits'] as const).map((format) => ({
        format,
      })),
    );
    expect(paths.map(({ object, format, path }) => [object, format, path])).toEqual([
      ['hero', 'tiff16', '/out/hero/hero.####.tif'],
      ['car', 'tiff16', '/out/car/car.####.tif'],
      ['hero', 'prores4444', '/out/hero.mov'],
      ['car', 'prores4444', '/out/car.mov'],
      [undefined, 'greenscreen', '/out/greenscreen.mp4'],
      ['hero', 'rle', '/out/hero.rle.json'],
      ['car', 'rle', '/out/car.rle.json'],
      ['hero', 'logits', '/out/hero/hero.####.npy'],
      ['car', 'logits', '/out/car/car.####.npy'],
    ]);
    expect(paths[0]?.files(-7)).toEqual(['/out/hero/hero.-0007.tif']);
    expect(paths[7]?.files(12)).toEqual(['/out/hero/hero.0012.npy', '/out/hero/hero.logits.json']);
  });

  it.each([
    [['hero'], ['png8', 'png16']],
    [['hero'], ['png16', 'rgba']],
    [['hero'], ['greenscreen', 'greenscreen']],
    [['hero', 'hero'], ['rle']],
    [['hero', 'Hero'], ['rle']],
    [['greenscreen'], ['luma', 'greenscreen']],
  ] as const)('is refused where two outputs would be one file: %j as %j', (objects, formats) => {
    const asked = formats.map((format) => ({ format }));
    expect(() => outputPaths('/out', objects, asked)).toThrow(
      expect.objectContaining({ code: 'output_conflict', hint: expect.stringMatching(/\.$/) }),
    );
  });
});

describe('before a run', () => {
  it('nothing is written, and a folder that is not there is no hindrance', async () => {
    await checkOutputs(options(['png16', 'greenscreen'], { out: join(out, 'a', 'b') }));
    expect(await planFiles(options(['rle'], { out: join(out, 'a') }))).toEqual([
      { object: 'hero', format: 'rle', path: join(out, 'a', 'hero.rle.json'), state: 'new' },
    ]);
    expect(await everything(out)).toEqual([]);
  });

  it('existing outputs are refused unless overwriting is asked for', async () => {
    await writeAll('png8', writerContext(out, 'png8'));
    const given = options(['png8', 'rle']);
    expect((await planFiles(given)).map(({ state }) => state)).toEqual(['refused', 'new']);
    const error = await refusal(checkOutputs(given));
    expect(error.code).toBe('output_exists');
    expect(error.message).toContain(join(out, 'hero', 'hero.1001.png'));
    await checkOutputs({ ...given, overwrite: true });
    const states = await planFiles({ ...given, overwrite: true });
    expect(states.map(({ state }) => state)).toEqual(['overwrite', 'new']);
  });

  it('frames outside the range and other files are no hindrance', async () => {
    await writeAll('png8', writerContext(out, 'png8'));
    await writeFile(join(out, 'notes.txt'), '');
    await checkOutputs(options(['png8'], { range: { first: 1006, last: 1010 } }));
    expect(
      (await refusal(checkOutputs(options(['png8'], { range: { first: 1005, last: 1010 } })))).code,
    ).toBe('output_exists');
  });

  it('an output folder that is a file, or has one in its path, is refused', async () => {
    const file = join(out, 'file');
    await writeFile(file, '');
    for (const folder of [file, join(file, 'deeper')]) {
      const error = await refusal(checkOutputs(options(['rle'], { out: folder })));
      expect(error.code).toBe('output_unwritable');
    }
    await writeFile(join(out, 'hero'), '');
    expect((await refusal(checkOutputs(options(['png8'])))).code).toBe('output_unwritable');
  });

  it('a folder in the place of a movie is refused', async () => {
    await mkdir(join(out, 'hero.mov'));
    const error = await refusal(checkOutputs(options(['prores4444'], { overwrite: true })));
    expect(error.code).toBe('output_unwritable');
  });

  it('an output that is the clip is refused even with overwriting, by any name', async () => {
    const clip = { kind: 'movie', path: join(out, 'greenscreen.mp4') } as const;
    await writeFile(clip.path, 'movie');
    const given = options(['greenscreen'], { clip, overwrite: true });
    expect((await refusal(checkOutputs(given))).code).toBe('output_is_input');

    for (const [name, make] of [
      ['hard', link],
      ['soft', symlink],
    ] as const) {
      const folder = join(out, name);
      await mkdir(folder);
      await make(clip.path, join(folder, 'greenscreen.mp4'));
      const linked = options(['greenscreen'], { out: folder, clip, overwrite: true });
      expect((await refusal(checkOutputs(linked))).code, name).toBe('output_is_input');
    }
  });

  it('an output that is a frame of the clip or a mask is refused', async () => {
    await writeAll('png8', writerContext(out, 'png8'));
    const clip = { kind: 'sequence', path: join(out, 'hero', 'hero.####.png') } as const;
    const frames = options(['rgba'], { clip, overwrite: true });
    expect((await refusal(checkOutputs(frames))).code).toBe('output_is_input');
    const inputs = [join(out, 'hero', 'hero.1003.png')];
    const mask = options(['rgba'], { inputs, overwrite: true });
    expect((await refusal(checkOutputs(mask))).message).toContain('hero.1003.png');
  });

  it('tells the space left on the disk of the outputs, and warns where it may not do', async () => {
    const { freeBytes } = await freeSpace(join(out, 'not', 'there'));
    expect(freeBytes).toBeGreaterThan(0);
    expect(await spaceWarning(join(out, 'not', 'there'), 1)).toBeUndefined();
    const warning = await spaceWarning(out, freeBytes * 1000);
    expect(warning?.code).toBe('disk_nearly_full');
  });

  it.runIf(existsSync('/proc/self'))(
    'says how little is missing in a unit that shows it',
    async () => {
      const warning = await spaceWarning('/proc/out', 340_000);
      expect(warning?.message).toBe(
        'The outputs may need 0.3 MB, but only 0.0 MB are free at /proc/out',
      );
    },
  );

  it('estimates no less than what a clip takes, and not a hundred times as much', async () => {
    const { statSync } = await import('node:fs');
    const size = { width: 64, height: 36, frames: 5 };
    for (const format of ['png8', 'png16', 'tiff16', 'rgba', 'prores4444', 'rle'] as const) {
      const context = writerContext(join(out, format), format);
      await writeAll(format, context);
      const taken = (await everything(join(out, format)))
        .map((path) => statSync(join(out, format, path)))
        .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
      const estimate = estimateOutputBytes(format, size);
      expect(estimate, format).toBeGreaterThan(taken);
      expect(estimate, format).toBeLessThan(taken * 100);
    }
  });
});

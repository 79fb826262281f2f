import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type OutputFormat, outputFormats, RotoError } from '@roto/sdk/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWriter } from '../src/export/create-writer.ts';
import { outputPaths } from '../src/export/output-paths.ts';
import { checkOutputs } from '../src/export/preflight.ts';
import {
  clipInfo,
  everyFfmpeg,
  everything,
  matteFrame,
  newFolder,
  writeAll,
  writeFrames,
  writerContext,
} from './support/export-support.ts';
import { canMount, mountDisk } from './support/small-disk.ts';

const builds = await everyFfmpeg();
const movies: readonly OutputFormat[] = ['luma', 'prores4444', 'webm', 'greenscreen'];

let out = '';
beforeEach(async () => {
  out = await newFolder();
});
afterEach(() => rm(out, { recursive: true, force: true }));

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  const error = await failure(work);
  return error instanceof RotoError ? error.code : String(error);
}

describe.each(outputFormats)('the writer of %s', (format) => {
  it('makes nothing before its first frame, and nothing under a final name before the end', async () => {
    const context = writerContext(join(out, 'new', 'deep'), format);
    const writer = await createWriter(format, context);
    expect(await everything(out)).toEqual([]);
    await writeFrames(writer, context);
    await writer.complete();
    const visible = (await everything(out)).filter((path) => !path.includes('.roto-part-'));
    expect(visible.filter((path) => /\.\w+$/.test(path))).toEqual([]);
    await writer.publish();
    expect((await everything(out)).filter((path) => path.includes('.roto-part-'))).toEqual([]);
  });

  it('leaves nothing after abort, the folders it made included', async () => {
    const context = writerContext(join(out, 'new', 'deep'), format);
    const writer = await createWriter(format, context);
    await writer.write(matteFrame(1001, context.clip));
    await writer.write(matteFrame(1002, context.clip));
    await writer.abort();
    await writer.abort();
    expect(await everything(out)).toEqual([]);
  });

  it('refuses to finish without its last frame, and leaves nothing', async () => {
    const context = writerContext(join(out, 'new'), format);
    const writer = await createWriter(format, context);
    for (let number = 1001; number < 1005; number++) {
      await writer.write(matteFrame(number, context.clip));
    }
    expect(await codeOf(writer.complete())).toBe('encode_failed');
    expect(await everything(out)).toEqual([]);
  });

  it('refuses a frame that is not the next one', async () => {
    const context = writerContext(out, format);
    const writer = await createWriter(format, context);
    await writer.write(matteFrame(1001, context.clip));
    expect(await codeOf(writer.write(matteFrame(1003, context.clip)))).toBe('encode_failed');
    await writer.abort();
    expect(await everything(out)).toEqual([]);
  });

  it('stops with the signal’s own reason, and leaves nothing', async () => {
    const stop = new AbortController();
    const context = writerContext(join(out, 'new'), format, { signal: stop.signal });
    const writer = await createWriter(format, context);
    await writer.write(matteFrame(1001, context.clip));
    const reason = new RotoError('interrupted', 'Stopped');
    stop.abort(reason);
    expect(await failure(writer.write(matteFrame(1002, context.clip)))).toBe(reason);
    expect(await failure(writer.complete())).toBe(reason);
    await writer.abort();
    expect(await everything(out)).toEqual([]);
  });

  it('leaves nothing where it is aborted while a frame is being written', async () => {
    const context = writerContext(join(out, 'new'), format);
    for (const before of [0, 2]) {
      const writer = await createWriter(format, context);
      for (let n = 0; n < before; n++) await writer.write(matteFrame(1001 + n, context.clip));
      const writing = failure(writer.write(matteFrame(1001 + before, context.clip)));
      await writer.abort();
      await writing;
      expect(await everything(out)).toEqual([]);
    }
  });

  it('refuses a matte of another size than the clip', async () => {
    const context = writerContext(out, format);
    const writer = await createWriter(format, context);
    const wrong = matteFrame(1001, clipInfo({ width: 63 }));
    expect(await codeOf(writer.write(wrong))).toBe('encode_failed');
    await writer.abort();
    expect(await everything(out)).toEqual([]);
  });

  it('keeps other files of the folder, and replaces its own only when whole', async () => {
    await mkdir(join(out, 'hero'));
    const context = writerContext(out, format);
    const other = join(out, 'hero', 'notes.txt');
    await writeFile(other, 'mine');
    await writeAll(format, context);
    const first = await everything(out);
    const writer = await createWriter(format, context);
    await writer.write(matteFrame(1001, context.clip));
    await writer.abort();
    expect(await everything(out)).toEqual(first);
    await writeAll(format, context);
    expect(await everything(out)).toEqual(first);
    expect(await readFile(other, 'utf8')).toBe('mine');
  });
});

describe('several writers of one run', () => {
  it('leave no folder when all abort, whoever made it', async () => {
    const contexts = (['png8', 'rle', 'luma'] as const).map((format) => ({
      format,
      context: writerContext(join(out, 'new'), format),
    }));
    const writers = await Promise.all(
      contexts.map(({ format, context }) => createWriter(format, context)),
    );
    await Promise.all(writers.map((writer) => writer.write(matteFrame(1001, clipInfo()))));
    await Promise.all(writers.map((writer) => writer.abort()));
    expect(await everything(out)).toEqual([]);
  });

  it('keep what one of them finished', async () => {
    const png = writerContext(join(out, 'new'), 'png8');
    const rle = writerContext(join(out, 'new'), 'rle');
    const aborted = await createWriter('png8', png);
    await aborted.write(matteFrame(1001, png.clip));
    await writeAll('rle', rle);
    await aborted.abort();
    expect(await everything(out)).toEqual(['new', join('new', 'hero.rle.json')]);
  });
});

describe('what a killed run left', () => {
  const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
  const hidden = (pid: number, machine = host) => `.roto-part-${machine}-${pid}-0123456789ab`;

  async function leftover(name: string): Promise<void> {
    await mkdir(join(out, name));
    await writeFile(join(out, name, 'hero.mov'), 'half');
  }

  it('is swept by the next, but not what live processes and other machines are writing', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const live = hidden(process.ppid);
    const elsewhere = hidden(gone, '00000000');
    for (const name of [hidden(gone), live, elsewhere]) await leftover(name);
    await writeAll('rle', writerContext(out, 'rle'));
    const left = (await everything(out)).filter((path) => !path.includes('/'));
    expect(new Set(left)).toEqual(new Set([elsewhere, live, 'hero.rle.json']));
  });

  it('is swept where the dead one had the number this process has now', async () => {
    const before = new Date(Date.now() - 3_600_000 - process.uptime() * 1000);
    await leftover(hidden(process.pid));
    await utimes(join(out, hidden(process.pid)), before, before);
    await writeAll('rle', writerContext(out, 'rle'));
    expect(await everything(out)).toEqual(['hero.rle.json']);
  });

  it('has nothing under a final name', async () => {
    const script = `
      import { createWriter } from ${JSON.stringify(join(import.meta.dirname, '../src/export/create-writer.ts'))};
      import { matteFrame, writeFrames, writerContext } from ${JSON.stringify(join(import.meta.dirname, 'support/export-support.ts'))};
      for (const format of ['png8', 'rle', 'luma']) {
        const context = writerContext(process.argv[1], format);
        const writer = await createWriter(format, context);
        await writeFrames(writer, context);
      }
      process.kill(process.pid, 'SIGKILL');
    `;
    const child = spawnSync(
      process.execPath,
      ['--conditions=roto-source', '--input-type=module', '-e', script, out],
      { encoding: 'utf8' },
    );
    expect(child.signal, child.stderr).toBe('SIGKILL');
    const named = (await everything(out)).filter((path) => !path.includes('.roto-part-'));
    expect(named).toEqual(['hero']);
    await writeAll('png8', writerContext(out, 'png8'));
    await writeAll('rle', writerContext(out, 'rle'));
    expect(await everything(out)).toHaveLength(7);
  });
});

describe.runIf(canMount())('on a full disk (needs a user who may mount one)', () => {
  it.each(outputFormats)('%s fails with disk_full and leaves nothing', async (format) => {
    using disk = mountDisk('size=8k');
    const folder = disk.path;
    const clip = clipInfo({ width: 96, height: 54, lastFrame: 1012 });
    const noise = (number: number) => {
      const frame = matteFrame(number, clip);
      const alpha = Uint16Array.from({ length: 96 * 54 }, (_, i) => (i * 40_503 * number) % 65_536);
      const logits = Float32Array.from(alpha);
      const region = { x: 0, y: 0, width: 96, height: 54 };
      const mask = { width: 96, height: 54, logits, region, score: 1 };
      return { ...frame, matte: { ...frame.matte, alpha }, mask };
    };
    for (const tools of movies.includes(format) ? builds : builds.slice(0, 1)) {
      const context = writerContext(folder, format, { clip });
      const writer = await createWriter(format, context, tools);
      const work = writeFrames(writer, context, noise).then(() => writer.complete());
      expect(await codeOf(work)).toBe('disk_full');
      await writer.abort();
      expect(await everything(folder)).toEqual([]);
    }
  });

  it.each(['png8', 'rle', 'luma'] as const)(
    '%s cannot be written to a read-only one',
    async (format) => {
      using disk = mountDisk('size=1m,ro');
      const folder = disk.path;
      const context = writerContext(folder, format);
      expect(await codeOf(writeAll(format, context))).toBe('output_unwritable');
      const outputs = outputPaths(folder, ['hero'], [{ format }]);
      const range = { first: 1001, last: 1005 };
      const given = { out: folder, outputs, range, overwrite: true, clip: undefined, inputs: [] };
      expect(await codeOf(checkOutputs(given))).toBe('output_unwritable');
    },
  );
});

describe('a place where no folder can be made', () => {
  it.runIf(existsSync('/proc/self'))('is an output that cannot be written', async () => {
    const context = writerContext('/proc/out', 'png8');
    expect(await failure(writeAll('png8', context))).toMatchObject({
      code: 'output_unwritable',
      message: 'Could not write /proc/out/hero: the folder is not there, or cannot be made',
    });
  });
});

describe('an ffmpeg that cannot do the work', () => {
  it.runIf(process.platform !== 'win32')(
    'is named, with what it lacks, before any frame',
    async () => {
      const fake = join(out, 'ffmpeg');
      await writeFile(fake, '#!/bin/sh\necho " V..... libx265              H.265"\n');
      await chmod(fake, 0o755);
      const [build] = builds;
      if (build === undefined) throw new Error('no ffmpeg');
      const context = writerContext(out, 'prores4444');
      const error = await failure(createWriter('prores4444', context, { ...build, ffmpeg: fake }));
      expect(error).toMatchObject({ code: 'ffmpeg_unusable' });
      expect(String(error)).toContain('prores_ks');
      const outputs = outputPaths(join(out, 'new'), ['hero'], [{ format: 'webm' }]);
      const range = { first: 1001, last: 1005 };
      const given = { out, outputs, range, overwrite: false, clip: undefined, inputs: [] };
      const check = checkOutputs(given, { ...build, ffmpeg: fake });
      expect(await codeOf(check)).toBe('ffmpeg_unusable');
    },
  );

  it.runIf(process.platform !== 'win32')(
    'is named with its own words when it dies on the way',
    async () => {
      const fake = join(out, 'ffmpeg');
      await writeFile(
        fake,
        '#!/bin/sh\ncase "$*" in *-encoders*) echo " V..... libx264              H.264";; *) head -c 100 >/dev/null; echo "[error] the encoder fell over" >&2; exit 1;; esac\n',
      );
      await chmod(fake, 0o755);
      const [build] = builds;
      if (build === undefined) throw new Error('no ffmpeg');
      const clip = clipInfo({ width: 640, height: 360 });
      const context = writerContext(join(out, 'new'), 'luma', { clip });
      const writer = await createWriter('luma', context, { ...build, ffmpeg: fake });
      const error = await failure(writeFrames(writer, context).then(() => writer.complete()));
      await writer.abort();
      expect(error).toMatchObject({ code: 'encode_failed' });
      expect(String(error)).toContain('the encoder fell over');
      expect(await everything(out)).toEqual(['ffmpeg']);
    },
  );
});

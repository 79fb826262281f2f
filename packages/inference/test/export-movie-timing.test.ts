import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WriterContext } from '../src/export/writer.ts';
import type { FfmpegTools } from '../src/media/find-ffmpeg.ts';
import {
  clipInfo,
  everyFfmpeg,
  ffmpeg,
  largestDifference,
  newFolder,
  probe,
  writeAll,
  writerContext,
} from './support/export-support.ts';

const execFileAsync = promisify(execFile);
const builds = await everyFfmpeg();

let out = '';
beforeEach(async () => {
  out = await newFolder();
});
afterEach(() => rm(out, { recursive: true, force: true }));

describe('sound of a greenscreen', () => {
  const tools = builds[0];
  let folder = '';
  beforeAll(async () => {
    folder = await newFolder();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A movie of 48 frames at 24, silent for its first second, then a tone. */
  async function movieWithTone(
    name: string,
    codec: readonly string[],
  ): Promise<WriterContext['clip']> {
    const path = join(folder, name);
    if (tools !== undefined) {
      await ffmpeg(tools, [
        ...['-f', 'lavfi', '-i', 'testsrc=size=64x36:rate=24:duration=2'],
        ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=2'],
        ...['-af', "volume='if(lt(t,1),0,1)':eval=frame", ...codec, `file:${path}`],
      ]);
    }
    const rate = { num: 24, den: 1 };
    return clipInfo({ path, kind: 'movie', hasAudio: true, rate, firstFrame: 0, lastFrame: 47 });
  }

  /** Sound samples of the first stream. */
  async function samples(build: FfmpegTools, path: string): Promise<Int16Array> {
    const pcm = join(folder, 'sound.pcm');
    await ffmpeg(build, ['-i', path, '-map', '0:a:0', '-ac', '1', '-f', 's16le', pcm]);
    const bytes = await readFile(pcm);
    return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  }

  const firstLoud = (pcm: Int16Array) => pcm.findIndex((value) => Math.abs(value) > 500) / 48_000;

  it.each([
    ['aac.mp4', ['-c:a', 'aac'], 'aac'],
    ['mp3.mkv', ['-c:a', 'libmp3lame'], 'mp3'],
    ['pcm.mov', ['-c:a', 'pcm_s16le'], 'aac'],
  ] as const)(
    'goes along from %s as it is, or as AAC where mp4 has no place for it',
    async (name, codec, kept) => {
      const clip = await movieWithTone(name, codec);
      for (const build of builds) {
        const context = writerContext(out, 'greenscreen', { clip });
        await writeAll('greenscreen', context, { tools: build });
        const { streams } = await probe(build, context.path);
        expect(streams.find((stream) => stream['codec_type'] === 'audio')).toMatchObject({
          codec_name: kept,
        });
        const pcm = await samples(build, context.path);
        expect(Math.abs(firstLoud(pcm) - 1)).toBeLessThan(0.06);
        expect(Math.abs(pcm.length / 48_000 - 2)).toBeLessThan(0.1);
      }
    },
  );

  it.each(['aac.mp4', 'pcm.mov'])('is cut to the exported frames (%s)', async (name) => {
    const clip = await movieWithTone(
      name,
      name === 'aac.mp4' ? ['-c:a', 'aac'] : ['-c:a', 'pcm_s16le'],
    );
    for (const build of builds) {
      const context = writerContext(out, 'greenscreen', { clip, firstFrame: 12, lastFrame: 35 });
      await writeAll('greenscreen', context, { tools: build });
      const pcm = await samples(build, context.path);
      expect(Math.abs(firstLoud(pcm) - 0.5)).toBeLessThan(0.06);
      expect(Math.abs(pcm.length / 48_000 - 1)).toBeLessThan(0.06);
    }
  });

  it('is left out of everything else and of sequences', async () => {
    const clip = await movieWithTone('aac.mp4', ['-c:a', 'aac']);
    const context = writerContext(out, 'luma', { clip, lastFrame: 3 });
    await writeAll('luma', context);
    const { streams } = await probe(builds[0] ?? failNoBuild(), context.path);
    expect(streams.some((stream) => stream['codec_type'] === 'audio')).toBe(false);
  });
});

describe.each(builds)('a plate whose frames are not evenly spaced, by ffmpeg $version', (tools) => {
  const times = [0, 40, 100, 200, 250, 1000, 1050, 1500];

  /** Eight frames shown at `times`, with a tone that begins after one second. */
  async function unevenClip(): Promise<WriterContext['clip']> {
    const path = join(out, 'uneven.mkv');
    const pick = times.map((time) => `eq(n,${time / 10})`).join('+');
    await ffmpeg(tools, [
      ...['-f', 'lavfi', '-i', 'testsrc=size=64x36:rate=100:duration=2'],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=1.6'],
      ...['-vf', `select='${pick}'`, '-vsync', 'passthrough', '-c:v', 'ffv1'],
      ...['-af', "volume='if(lt(t,1),0,1)':eval=frame", '-c:a', 'aac', `file:${path}`],
    ]);
    return clipInfo({
      ...{ path, kind: 'movie', hasAudio: true, variableRate: true, rate: { num: 5, den: 1 } },
      ...{ firstFrame: 0, lastFrame: 7 },
    });
  }

  /** Milliseconds at which the pictures of a movie are shown, as they come out of the decoder. */
  async function shownAt(path: string): Promise<number[]> {
    const { stdout } = await execFileAsync(tools.ffprobe, [
      ...[
        '-v',
        'error',
        '-select_streams',
        'v:0',
        '-show_entries',
        'frame=best_effort_timestamp_time',
      ],
      ...['-of', 'csv=p=0', `file:${path}`],
    ]);
    // Side data has lines of its own.
    const lines = stdout.split('\n').filter((line) => /^\d/.test(line));
    return lines.map((line) => Math.round(Number.parseFloat(line) * 1000));
  }

  it.each(['luma', 'prores4444', 'webm', 'greenscreen'] as const)(
    'keeps the time of every frame in %s',
    async (format) => {
      const context = writerContext(out, format, { clip: await unevenClip() });
      await writeAll(format, context, { tools });
      expect(context.warnings).toEqual([]);
      const shown = await shownAt(context.path);
      // Old builds write no edit list, and AAC begins with a packet of silence: all but the first
      // picture come that much later, as the sound does.
      const silence = format === 'greenscreen' ? 22 : 1;
      expect(largestDifference(shown, times)).toBeLessThanOrEqual(silence);
    },
  );

  it('cuts the sound where the frames are', async () => {
    const clip = await unevenClip();
    const context = writerContext(out, 'greenscreen', { clip, firstFrame: 4, lastFrame: 6 });
    await writeAll('greenscreen', context, { tools });
    const pcm = join(out, 'sound.pcm');
    await ffmpeg(tools, ['-i', context.path, '-map', '0:a:0', '-ac', '1', '-f', 's16le', pcm]);
    const bytes = await readFile(pcm);
    const sound = new Int16Array(bytes.buffer.slice(bytes.byteOffset));
    const loud = sound.findIndex((value) => Math.abs(value) > 500) / 48_000;
    // From 0.25 s to 1.5 s of the clip; the tone begins at 1 s.
    expect(Math.abs(loud - 0.75)).toBeLessThan(0.06);
    expect(Math.abs(sound.length / 48_000 - 1.25)).toBeLessThan(0.08);
  });

  it('gets a constant rate, and a warning, where its file does not say the times', async () => {
    const clip = { ...(await unevenClip()), lastFrame: 9 };
    const context = writerContext(out, 'luma', { clip, lastFrame: 3 });
    await writeAll('luma', context, { tools });
    expect(context.warnings).toEqual(['variable_rate_flattened']);
    expect(await shownAt(context.path)).toEqual([0, 200, 400, 600]);
  });
});

function failNoBuild(): never {
  throw new Error('no ffmpeg');
}

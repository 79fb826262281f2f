import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WriterContext } from '../src/export/writer.ts';
import { estimateForeground } from '../src/matte/foreground.ts';
import type { FfmpegTools } from '../src/media/find-ffmpeg.ts';
import {
  clipInfo,
  decode,
  discMatte,
  everyFfmpeg,
  everything,
  ffmpeg,
  gradientPlate,
  largestDifference,
  matteFrame,
  modelSha256,
  newFolder,
  probe,
  shotHash,
  writeAll,
  writerContext,
} from './support/export-support.ts';

const execFileAsync = promisify(execFile);
const builds = await everyFfmpeg();
const frames = [1001, 1002, 1003, 1004, 1005];
const stampText = `roto 1.2.3; engine=lite; model=mobilesam; model-sha256=${modelSha256}; shot-sha256=${shotHash}`;

let out = '';
beforeEach(async () => {
  out = await newFolder();
});
afterEach(() => rm(out, { recursive: true, force: true }));

/** Alpha of all frames, one after the other, 0..1. */
function wantedAlpha(width = 64, height = 36): number[] {
  return frames.flatMap((n) => Array.from(discMatte(n, width, height).alpha, (a) => a / 65535));
}

function wideSamples(bytes: Buffer): Uint16Array {
  return new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** The object's own colour in every frame, 0..255. */
function objectColors(size: { readonly width: number; readonly height: number }): number[] {
  return frames.flatMap((n) => {
    const plate = gradientPlate(n, size.width, size.height);
    const { rgb } = estimateForeground(plate, discMatte(n, size.width, size.height));
    return Array.from(rgb, (value) => value / 257);
  });
}

function meanDifference(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}

/** One plane of planar 4:4:4 pictures with alpha, of every frame. */
function plane(samples: ArrayLike<number>, index: number, size: number, planes = 4): number[] {
  return frames.flatMap((_, frame) =>
    Array.from({ length: size }, (_none, i) => samples[(frame * planes + index) * size + i] ?? 0),
  );
}

/** R'G'B' of ffmpeg's planar GBR as one list of the order of a plate's `rgb`, 0..1. */
function interleaved(samples: ArrayLike<number>, size: number, highest: number): number[] {
  const [g, b, r] = [0, 1, 2].map((index) => plane(samples, index, size));
  return (r ?? []).flatMap((red, i) => [red, g?.[i] ?? 0, b?.[i] ?? 0]).map((v) => v / highest);
}

describe.each(builds)('movies by ffmpeg $version', (tools) => {
  describe('luma', () => {
    it('shows 0 as black and 65535 as white, and what lies between in proportion', async () => {
      const result = await writeAll('luma', writerContext(out, 'luma'), { tools });
      expect(result).toMatchObject({ format: 'luma', object: 'hero', alpha: 'straight' });
      expect(await everything(out)).toEqual(['hero.mp4']);
      const path = join(out, 'hero.mp4');
      const codes = plane(await decode(tools, path, 'yuv420p'), 0, 64 * 36, 1.5);
      const wanted = wantedAlpha().map((alpha) => 16 + 219 * alpha);
      expect(largestDifference(codes, wanted)).toBeLessThanOrEqual(2);
      // As a player shows it.
      const shown = await decode(tools, path, 'gray', { after: ['-vf', 'scale=out_range=full'] });
      const white = wantedAlpha().flatMap((alpha, i) => (alpha === 1 ? [shown[i] ?? 0] : []));
      const black = wantedAlpha().flatMap((alpha, i) => (alpha === 0 ? [shown[i] ?? 0] : []));
      expect(Math.min(...white)).toBeGreaterThanOrEqual(254);
      expect(Math.max(...black)).toBeLessThanOrEqual(1);
    });

    it('is H.264 4:2:0 at the exact rate with frames, colour, timecode and stamp told', async () => {
      await writeAll('luma', writerContext(out, 'luma'), { tools });
      const { streams, format } = await probe(tools, join(out, 'hero.mp4'));
      expect(streams[0]).toMatchObject({
        ...{ codec_name: 'h264', profile: 'High', pix_fmt: 'yuv420p', width: 64, height: 36 },
        ...{ r_frame_rate: '24000/1001', nb_read_packets: '5', sample_aspect_ratio: '1:1' },
        ...{ color_range: 'tv', color_space: 'bt709' },
        ...{ color_primaries: 'bt709', color_transfer: 'bt709' },
      });
      // Frame 1001 counted at 24 a second.
      expect(streams[0]?.tags?.['timecode']).toBe('00:00:41:17');
      expect(format.tags['comment']).toBe(stampText);
    });
  });

  describe('prores4444', () => {
    it.each([
      { width: 64, height: 36 },
      { width: 35, height: 27 },
    ])('keeps alpha and colour of $width x $height', async (size) => {
      const context = writerContext(out, 'prores4444', { clip: clipInfo(size) });
      await writeAll('prores4444', context, { tools });
      expect(context.warnings).toEqual([]);
      const path = join(out, 'hero.mov');
      const area = size.width * size.height;
      const yuva = wideSamples(await decode(tools, path, 'yuva444p16le'));
      expect(yuva.length).toBe(5 * 4 * area);
      const alpha = plane(yuva, 3, area).map((value) => value / 65535);
      // Half a step of the ten bits it goes through, and the decoder's own rounding.
      expect(
        largestDifference(alpha, wantedAlpha(size.width, size.height)) * 1023,
      ).toBeLessThanOrEqual(1.5);
      const gbr = await decode(tools, path, 'gbrap', {
        after: ['-vf', 'scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int'],
      });
      const shown = interleaved(gbr, area, 1);
      expect(largestDifference(shown, objectColors(size))).toBeLessThanOrEqual(4);
    });

    it('multiplies colour by alpha where asked, so that it is black outside', async () => {
      const context = writerContext(out, 'prores4444', { premultiplied: true });
      expect((await writeAll('prores4444', context, { tools })).alpha).toBe('premultiplied');
      const gbr = await decode(tools, join(out, 'hero.mov'), 'gbrap');
      const outside = wantedAlpha().flatMap((alpha, i) => (alpha === 0 ? [3 * i] : []));
      const shown = interleaved(gbr, 64 * 36, 1);
      expect(Math.max(...outside.map((i) => shown[i] ?? 255))).toBeLessThanOrEqual(6);
    });

    it('tells rate, colour, pixel aspect, timecode and stamp', async () => {
      const clip = clipInfo({
        ...{ kind: 'movie', firstFrame: 0, lastFrame: 99, timecode: '01:00:00:00' },
        pixelAspect: { num: 118, den: 81 },
        color: { range: 'full', matrix: 'bt2020nc', primaries: 'bt2020', transfer: 'bt2020-10' },
      });
      const context = writerContext(out, 'prores4444', { clip, firstFrame: 25, lastFrame: 29 });
      await writeAll('prores4444', context, { tools });
      const { streams, format } = await probe(tools, join(out, 'hero.mov'));
      expect(streams[0]).toMatchObject({
        ...{ codec_name: 'prores', profile: '4444', codec_tag_string: 'ap4h' },
        ...{ r_frame_rate: '24000/1001', nb_frames: '5', sample_aspect_ratio: '118:81' },
        // ProRes has no word for the range; the curve of BT.2020 goes by its name in BT.709.
        ...{ color_space: 'bt2020nc', color_primaries: 'bt2020', color_transfer: 'bt709' },
      });
      expect(streams[1]).toMatchObject({ codec_tag_string: 'tmcd' });
      expect(streams[1]?.tags?.['timecode']).toBe('01:00:01:01');
      expect(format.tags['comment']).toBe(stampText);
    });
  });

  describe('webm', () => {
    it.each([
      { width: 64, height: 36 },
      { width: 35, height: 27 },
    ])('keeps alpha and colour of $width x $height', async (size) => {
      const context = writerContext(out, 'webm', { clip: clipInfo(size) });
      await writeAll('webm', context, { tools });
      expect(context.warnings).toEqual([]);
      const path = join(out, 'hero.webm');
      const { streams, format } = await probe(tools, path);
      expect(streams[0]).toMatchObject({
        ...{ codec_name: 'vp9', ...size, r_frame_rate: '24000/1001', nb_read_packets: '5' },
        ...{ color_range: 'tv', color_space: 'bt709' },
      });
      expect(streams[0]?.tags?.['alpha_mode'] ?? streams[0]?.tags?.['ALPHA_MODE']).toBe('1');
      expect(format.tags['COMMENT']).toBe(stampText);
      const area = size.width * size.height;
      const before = ['-c:v', 'libvpx-vp9'];
      const yuva = await decode(tools, path, 'yuva444p', { before });
      expect(yuva.length).toBe(5 * 4 * area);
      const wanted = wantedAlpha(size.width, size.height).map((alpha) => alpha * 255);
      expect(largestDifference(plane(yuva, 3, area), wanted)).toBeLessThanOrEqual(8);
      const gbr = await decode(tools, path, 'gbrap', {
        before,
        after: ['-vf', 'scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int+bicubic'],
      });
      const shown = interleaved(gbr, area, 1);
      expect(meanDifference(shown, objectColors(size))).toBeLessThanOrEqual(3);
    });
  });

  describe('greenscreen', () => {
    const empty = (number: number, clip = clipInfo()) => ({
      ...matteFrame(number, clip),
      matte: {
        width: clip.width,
        height: clip.height,
        alpha: new Uint16Array(clip.width * clip.height),
      },
    });

    it.each([
      ['#00b140', 'bt709', 'limited'],
      ['#0047bb', 'smpte170m', 'limited'],
      ['#ff00ff', 'bt709', 'full'],
    ] as const)(
      'has a flat screen of just %s, coded by %s in %s range',
      async (color, matrix, range) => {
        const clip = clipInfo({
          kind: 'movie',
          color: { range, matrix, primaries: matrix, transfer: matrix },
        });
        const context = writerContext(out, 'greenscreen', { clip, color });
        await writeAll('greenscreen', context, { tools, frame: (n) => empty(n, clip) });
        const path = join(out, 'greenscreen.mp4');
        const { streams } = await probe(tools, path);
        expect(streams[0]).toMatchObject({
          ...{ color_range: range === 'full' ? 'pc' : 'tv', color_space: matrix },
          ...{ color_primaries: matrix, color_transfer: matrix },
        });
        const swscale = matrix === 'bt709' ? 'bt709' : 'bt601';
        const rgb = await decode(tools, path, 'rgb24', {
          after: ['-vf', `scale=in_color_matrix=${swscale}:in_range=${range}:flags=accurate_rnd`],
        });
        const wanted = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
        const screen = Array.from(rgb, (_, i) => wanted[i % 3] ?? 0);
        expect(largestDifference(rgb, screen)).toBeLessThanOrEqual(2);
      },
    );

    it('shows the plate inside the matte and the screen outside', async () => {
      await writeAll('greenscreen', writerContext(out, 'greenscreen'), { tools });
      const rgb = await decode(tools, join(out, 'greenscreen.mp4'), 'rgb24', {
        after: ['-vf', 'scale=in_color_matrix=bt709:flags=accurate_rnd+full_chroma_int'],
      });
      const plates = frames.flatMap((n) => Array.from(gradientPlate(n).rgb, (v) => v / 257));
      const screen = [0, 0xb1, 0x40];
      let [inside, outside] = [0, 0];
      const within = erosion(wantedAlpha());
      for (const [i, place] of within.entries()) {
        for (let c = 0; c < 3; c++) {
          const shown = rgb[3 * i + c] ?? 0;
          if (place === 'in') inside = Math.max(inside, Math.abs(shown - (plates[3 * i + c] ?? 0)));
          if (place === 'out') outside = Math.max(outside, Math.abs(shown - (screen[c] ?? 0)));
        }
      }
      expect(within.filter((place) => place === 'in').length).toBeGreaterThan(300);
      expect(inside).toBeLessThanOrEqual(8);
      expect(outside).toBeLessThanOrEqual(6);
    });

    it('takes the screen’s hue out of the edge with despill', async () => {
      const green = (number: number) => {
        const frame = matteFrame(number, clipInfo());
        const rgb = new Uint16Array(64 * 36 * 3);
        for (let i = 0; i < rgb.length; i += 3) rgb.set([30_000, 45_000, 30_000], i);
        return { ...frame, plate: { number, width: 64, height: 36, rgb } };
      };
      const excess = async (despill: boolean) => {
        const folder = join(out, String(despill));
        const context = writerContext(folder, 'greenscreen', { despill });
        await writeAll('greenscreen', context, { tools, frame: green });
        const rgb = await decode(tools, join(folder, 'greenscreen.mp4'), 'rgb24');
        const edge = wantedAlpha().flatMap((alpha, i) =>
          alpha > 0.85 && alpha < 1 ? [3 * i] : [],
        );
        const sum = edge.reduce(
          (all, i) => all + (rgb[i + 1] ?? 0) - ((rgb[i] ?? 0) + (rgb[i + 2] ?? 0)) / 2,
          0,
        );
        return sum / edge.length;
      };
      expect(await excess(true)).toBeLessThan((await excess(false)) - 15);
    });
  });

  it('pads odd sizes by one repeated column and row where the codec needs it, and says so', async () => {
    const clip = clipInfo({ width: 35, height: 27 });
    for (const format of ['luma', 'greenscreen'] as const) {
      const context = writerContext(out, format, { clip });
      await writeAll(format, context, { tools });
      expect(context.warnings).toEqual(['padded_odd_size']);
      const { streams } = await probe(tools, context.path);
      expect(streams[0]).toMatchObject({ width: 36, height: 28, nb_read_packets: '5' });
    }
    const luma = await decode(tools, join(out, 'hero.mp4'), 'yuv420p');
    const picture = luma.subarray(0, 36 * 28);
    const rows = Array.from({ length: 28 }, (_, y) => y);
    const repeated = rows.map((y) =>
      Math.abs((picture[y * 36 + 35] ?? 0) - (picture[y * 36 + 34] ?? 0)),
    );
    expect(Math.max(...repeated)).toBeLessThanOrEqual(3);
  });

  it('writes the same bytes for the same frames', async () => {
    for (const format of ['luma', 'prores4444', 'webm', 'greenscreen'] as const) {
      const one = writerContext(join(out, 'one'), format);
      const two = writerContext(join(out, 'two'), format);
      await writeAll(format, one, { tools });
      await writeAll(format, two, { tools });
      const same = (await readFile(one.path)).equals(await readFile(two.path));
      expect(same, format).toBe(true);
    }
  });
});

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

/** Places wholly inside or outside the matte, at least three pixels from any other value. */
function erosion(alpha: readonly number[]): ('in' | 'out' | 'edge')[] {
  const [width, height] = [64, 36];
  return alpha.map((value, i) => {
    const frame = Math.floor(i / (width * height));
    const [x, y] = [i % width, Math.floor(i / width) % height];
    for (let dy = -3; dy <= 3; dy++) {
      for (let dx = -3; dx <= 3; dx++) {
        const [px, py] = [x + dx, y + dy];
        if (px < 0 || py < 0 || px >= width || py >= height) continue;
        if (alpha[frame * width * height + py * width + px] !== value) return 'edge';
      }
    }
    return value === 1 ? 'in' : value === 0 ? 'out' : 'edge';
  });
}

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { estimateForeground } from '../src/matte/foreground.ts';
import {
  clipInfo,
  decode,
  discMatte,
  everyFfmpeg,
  everything,
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
          timecode: '10:00:00:00',
          color: { range, matrix, primaries: matrix, transfer: matrix },
        });
        const context = writerContext(out, 'greenscreen', { clip, color });
        await writeAll('greenscreen', context, { tools, frame: (n) => empty(n, clip) });
        const path = join(out, 'greenscreen.mp4');
        const { streams, format } = await probe(tools, path);
        expect(streams[0]).toMatchObject({
          ...{ color_range: range === 'full' ? 'pc' : 'tv', color_space: matrix },
          ...{ color_primaries: matrix, color_transfer: matrix, r_frame_rate: '24000/1001' },
        });
        expect(streams[0]?.tags?.['timecode']).toBe('10:00:00:00');
        expect(format.tags['comment']).toBe(stampText);
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

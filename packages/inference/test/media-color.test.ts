import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMovie } from '../src/media/movie-clip.ts';
import { ClipFolder, ffmpegBuilds } from './media-clips.ts';

const clips = new ClipFolder();
beforeAll(() => clips.open());
afterAll(() => clips.close());

/** White, yellow, cyan, green, magenta, red, blue and black at three quarters, as 0..1. */
const bars = [
  [0.75, 0.75, 0.75],
  [0.75, 0.75, 0],
  [0, 0.75, 0.75],
  [0, 0.75, 0],
  [0.75, 0, 0.75],
  [0.75, 0, 0],
  [0, 0, 0.75],
  [0, 0, 0],
] as const;
/** Red's and blue's part in luma: ITU-R BT.601 and BT.709. */
const luma = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722] } as const;
const barWidth = 16;
const height = 32;

interface Coding {
  readonly matrix: 'bt601' | 'bt709';
  readonly range: 'limited' | 'full';
  readonly bits: 8 | 10;
}

/** The code values of a colour, from the formulas of BT.601 and BT.709. */
function codes([r, g, b]: (typeof bars)[number], { matrix, range, bits }: Coding) {
  const [kr, kb] = luma[matrix];
  const y = kr * r + (1 - kr - kb) * g + kb * b;
  const [pb, pr] = [(b - y) / (2 - 2 * kb), (r - y) / (2 - 2 * kr)];
  const scale = 2 ** (bits - 8);
  const top = 2 ** bits - 1;
  return range === 'full'
    ? [y * top, pb * top + 128 * scale, pr * top + 128 * scale]
    : [(16 + 219 * y) * scale, (128 + 224 * pb) * scale, (128 + 224 * pr) * scale];
}

/** One raw 4:2:0 frame of the bars. */
function rawBars(coding: Coding): Buffer {
  const samples: number[] = [];
  for (const [plane, step] of [1, 2, 2].entries()) {
    for (let row = 0; row < height / step; row++) {
      for (const bar of bars) {
        const value = Math.round(codes(bar, coding)[plane] ?? 0);
        samples.push(...Array.from({ length: barWidth / step }, () => value));
      }
    }
  }
  return coding.bits === 8
    ? Buffer.from(Uint8Array.from(samples))
    : Buffer.from(Uint16Array.from(samples).buffer);
}

async function makeBars(name: string, coding: Coding, tags: readonly string[]): Promise<string> {
  const raw = join(clips.path, `${name}.yuv`);
  await writeFile(raw, rawBars(coding));
  const format = coding.bits === 8 ? 'yuv420p' : 'yuv420p10le';
  const size = `${bars.length * barWidth}x${height}`;
  return clips.make(
    name,
    raw,
    ['-c:v', 'ffv1', ...tags],
    ['-f', 'rawvideo', '-pixel_format', format, '-video_size', size],
  );
}

/** The middle of each bar, as 0..1. */
function middles(rgb: Uint8Array | Uint16Array): number[][] {
  const top = rgb instanceof Uint16Array ? 65_535 : 255;
  return bars.map((_, bar) => {
    const at = ((height / 2) * bars.length * barWidth + bar * barWidth + barWidth / 2) * 3;
    return [...rgb.subarray(at, at + 3)].map((value) => value / top);
  });
}

function expectBars(rgb: Uint8Array | Uint16Array, within: number): void {
  for (const [bar, color] of middles(rgb).entries()) {
    for (const [channel, value] of color.entries()) {
      expect(Math.abs(value - (bars[bar]?.[channel] ?? 0))).toBeLessThanOrEqual(within);
    }
  }
}

const spaces = { bt601: 'smpte170m', bt709: 'bt709' } as const;
const ranges = { limited: 'tv', full: 'pc' } as const;
const codings = (['bt601', 'bt709'] as const).flatMap((matrix) =>
  (['limited', 'full'] as const).flatMap((range) =>
    ([8, 10] as const).map((bits) => ({ matrix, range, bits })),
  ),
);

describe.each(await ffmpegBuilds())('colour by $name', ({ tools }) => {
  it.each(codings)(
    'bars in $matrix, $range range, $bits bits come out as drawn',
    async (coding) => {
      const { matrix, range, bits } = coding;
      const tags = ['-colorspace', spaces[matrix], '-color_range', ranges[range]];
      const clip = await openMovie(await makeBars(`${matrix}-${range}-${bits}.mkv`, coding, tags), {
        tools,
      });
      expect(clip.info).toMatchObject({
        bitDepth: bits,
        color: { matrix: spaces[matrix], range },
        viewTransform: 'display',
      });
      // A code value is a 219th of white in limited range: that is what rounding may cost.
      const code = 1.7 / (219 * 2 ** (bits - 8));
      expectBars((await clip.frame(0)).rgb, code + 0.5 / 255);
      for await (const { rgb } of clip.deepFrames()) {
        expectBars(rgb, code);
      }
    },
  );
});

it('untagged clips are read as BT.601 when small and BT.709 when large, and say so', async () => {
  const coding = { matrix: 'bt601', range: 'limited', bits: 8 } as const;
  const small = await openMovie(await makeBars('small.mkv', coding, []));
  expect(small.info.viewTransform).toBe('display (bt601 assumed)');
  expectBars((await small.frame(0)).rgb, 0.01);
  const name = 'large.mkv';
  const large = await clips.make(
    name,
    await makeBars('large-source.mkv', { ...coding, matrix: 'bt709' }, []),
    [...['-vf', 'pad=1280:720', '-c:v', 'ffv1', '-frames:v', '1']],
  );
  const clip = await openMovie(large);
  expect(clip.info.viewTransform).toBe('display (bt709 assumed)');
  const { rgb } = await clip.frame(0);
  const row = (height / 2) * 1280;
  const red = [...rgb.subarray((row + 5 * barWidth + 8) * 3, (row + 5 * barWidth + 8) * 3 + 3)];
  expect(Math.abs((red[0] ?? 0) - 191)).toBeLessThanOrEqual(2);
  expect(red[1]).toBeLessThanOrEqual(2);
});

it('rotation is applied, non-square pixels are tagged, odd sizes stay', async () => {
  const source = {
    lavfi: 'color=red:s=64x32:r=25,drawbox=x=0:y=0:w=16:h=16:c=blue:t=fill,trim=end_frame=2',
  };
  const flat = await clips.make('flat.mp4', source, [
    '-c:v',
    'libx264',
    '-qp',
    '1',
    '-vf',
    'setsar=4/3',
  ]);
  const turned = await clips.make(
    'turned.mov',
    flat,
    ['-c', 'copy', '-metadata:s:v:0', 'rotate=90'],
    [],
  );
  const clip = await openMovie(turned);
  expect(clip.info).toMatchObject({
    width: 32,
    height: 64,
    rotation: 270,
    pixelAspect: { num: 3, den: 4 },
  });
  const { rgb, width } = await clip.frame(1);
  const blueAt = (x: number, y: number) => rgb[(y * width + x) * 3 + 2] ?? 0;
  // The box of the top left corner is at the bottom left after three clockwise quarter turns.
  expect(blueAt(4, 60)).toBeGreaterThan(200);
  expect(blueAt(4, 4)).toBeLessThan(60);
  const odd = { lavfi: 'testsrc2=s=98x52:r=25,trim=end_frame=2,format=rgb24,crop=97:51' };
  const path = await clips.make('odd.mkv', odd, ['-c:v', 'ffv1', '-pix_fmt', 'yuv420p']);
  const { info, frame } = await openMovie(path);
  expect([info.width, info.height]).toEqual([97, 51]);
  expect((await frame(1)).rgb).toHaveLength(97 * 51 * 3);
});

it('alpha is told of, and colour beside it is straight', async () => {
  const source = { lavfi: 'color=c=red@0.25:s=32x32:r=25,format=rgba,trim=end_frame=2' };
  const path = await clips.make('alpha.mov', source, ['-c:v', 'qtrle']);
  const clip = await openMovie(path);
  expect(clip.info.hasAlpha).toBe(true);
  const [r = 0, g = 255] = (await clip.frame(0)).rgb;
  expect(r).toBeGreaterThan(250);
  expect(g).toBeLessThan(5);
});

import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClipSource, openClip } from '../src/media/open-clip.ts';
import { ClipFolder, hashes } from './media-clips.ts';

const clips = new ClipFolder();
beforeAll(() => clips.open());
afterAll(() => clips.close());
const exr = fileURLToPath(new URL('./exr/', import.meta.url));
const size = { width: 20, height: 17 };

/** A picture whose every sample is known: `value` in red, a ramp in green, 3 in blue. */
function samples(value: number, top: 255 | 65_535): Uint8Array | Uint16Array {
  const count = size.width * size.height * 3;
  const out = top === 255 ? new Uint8Array(count) : new Uint16Array(count);
  for (let at = 0; at < count; at += 3) {
    out[at] = value;
    out[at + 1] = (at * 7) % (top + 1);
    out[at + 2] = 3;
  }
  return out;
}

async function write(path: string, pixels: Uint8Array | Uint16Array, raw = size): Promise<void> {
  const space = pixels instanceof Uint16Array ? 'rgb16' : 'srgb';
  const picture = sharp(pixels, { raw: { ...raw, channels: 3 } }).toColourspace(space);
  // sharp's own choice for TIFF is JPEG, which keeps no sample as it was.
  await (path.includes('.tif') ? picture.tiff({ compression: 'lzw' }) : picture).toFile(path);
}

async function sequence(folder: string, name: string, numbers: readonly number[]): Promise<string> {
  const path = join(clips.path, folder);
  await mkdir(path, { recursive: true });
  for (const number of numbers) {
    const file = name.replace('####', String(number).padStart(4, '0'));
    await write(join(path, file), samples(number % 256, 255));
  }
  return join(path, name);
}

async function reds(source: ClipSource): Promise<[number, number | undefined][]> {
  const clip = await openClip(source);
  const found: [number, number | undefined][] = [];
  for await (const { number, rgb } of clip.frames()) {
    found.push([number, rgb[0]]);
  }
  return found;
}

describe('a sequence', () => {
  it('is found by pattern, range, folder or single frame, with its own numbers', async () => {
    const path = await sequence('found', 'it’s -100%.####.png', [1001, 1002, 1003]);
    const all = [
      [1001, 1001 % 256],
      [1002, 1002 % 256],
      [1003, 1003 % 256],
    ];
    const base = join(clips.path, 'found');
    for (const written of [path, path.replace('####', '%04d'), path.replace('####', '$F4'), base]) {
      expect(await reds({ path: written })).toEqual(all);
    }
    const range = path.replace('####', '1002-1003');
    expect(await reds({ path: range })).toEqual(all.slice(1));
    const single = path.replace('####', '1002');
    expect(await reds({ path: single })).toEqual(all.slice(1, 2));
    const { info } = await openClip({ path: 'it’s -100%.####.png' }, { base });
    expect(info).toMatchObject({
      path,
      kind: 'sequence',
      ...size,
      rate: { num: 24, den: 1 },
      viewTransform: 'display',
      hasAudio: false,
    });
  });

  it('takes a rate and new numbers', async () => {
    const path = await sequence('renumbered', 'p.####.png', [7, 8, 9]);
    const rate = { num: 24_000, den: 1001 };
    const clip = await openClip({ path, startFrame: 1001, rate });
    expect(clip.info).toMatchObject({ firstFrame: 1001, lastFrame: 1003, rate });
    expect((await clip.frame(1003)).rgb[0]).toBe(9);
  });

  it('reads backwards what it reads forwards', async () => {
    const path = await sequence('both ways', 'p.####.png', [1, 2, 3, 4]);
    const clip = await openClip({ path });
    const forward = await hashes(clip, 'forward');
    expect([...(await hashes(clip, 'backward'))].reverse()).toEqual([...forward]);
  });

  it('with a gap is refused, held or blackened, as asked', async () => {
    const path = await sequence('gap', 'p.####.png', [11, 12, 15]);
    await expect(openClip({ path })).rejects.toMatchObject({ code: 'sequence_gap' });
    await expect(openClip({ path })).rejects.toThrow(/first is 13/);
    const held = await reds({ path, missingFrames: 'hold' });
    expect(held.map(([, red]) => red)).toEqual([11, 12, 12, 12, 15]);
    const black = await reds({ path, missingFrames: 'black' });
    expect(black.map(([, red]) => red)).toEqual([11, 12, 0, 0, 15]);
    const inRange = await openClip({ path, range: { first: 11, last: 12 } });
    expect(inRange.info.missingFrames).toEqual([13, 14]);
    const ranged = path.replace('####', '0010-0012');
    await expect(openClip({ path: ranged })).rejects.toThrow(/frame 10 is missing/);
    const early = await reds({ path: ranged, missingFrames: 'hold' });
    expect(early).toEqual([
      [10, 11],
      [11, 11],
      [12, 12],
    ]);
  });

  it('of mixed sizes is refused, naming the first frame that differs', async () => {
    const path = await sequence('mixed', 'p.####.png', [1, 2, 3]);
    const other = { width: 18, height: 17 };
    const pixels = new Uint8Array(18 * 17 * 3);
    await write(path.replace('####', '0002'), pixels, other);
    await expect(openClip({ path })).rejects.toMatchObject({ code: 'sequence_mixed_sizes' });
    await expect(openClip({ path })).rejects.toThrow(/Frame 2 is 18x17/);
  });

  it('has one fingerprint wherever it lies, and another when a pixel changes', async () => {
    const one = await openClip({ path: await sequence('here', 'a.####.png', [1, 2]) });
    const same = await openClip({ path: await sequence('there', 'b_####.png', [1, 2]) });
    expect(same.info.fingerprint).toBe(one.info.fingerprint);
    const path = await sequence('changed', 'a.####.png', [1, 2]);
    const pixels = samples(2, 255);
    pixels[500] = 99;
    await write(path.replace('####', '0002'), pixels);
    expect((await openClip({ path })).info.fingerprint).not.toBe(one.info.fingerprint);
  });

  it('with a frame that is no picture says which', async () => {
    const path = await sequence('broken', 'p.####.png', [1, 2, 3]);
    await writeFile(path.replace('####', '0002'), 'not a picture');
    await expect(openClip({ path })).rejects.toThrow(/p\.0002\.png/);
    await rm(path.replace('####', '0002'));
  });
});

describe('pictures', () => {
  it.each(['png', 'tif', 'tiff'])('of 16 bits keep every bit: %s', async (ending) => {
    const path = join(clips.path, `deep.0001.${ending}`);
    const pixels = samples(40_000, 65_535);
    await write(path, pixels);
    const clip = await openClip({ path });
    expect(clip.info.bitDepth).toBe(16);
    for await (const { rgb } of clip.deepFrames()) {
      expect(rgb).toEqual(pixels);
    }
    const { rgb } = await clip.frame(1);
    expect(rgb).toEqual(Uint8Array.from(pixels, (value) => Math.round(value / 257)));
  });

  it.each(['png', 'tif'])('of 8 bits are the same in 16: %s', async (ending) => {
    const path = join(clips.path, `plain.0001.${ending}`);
    const pixels = samples(200, 255);
    await write(path, pixels);
    const clip = await openClip({ path });
    expect((await clip.frame(1)).rgb).toEqual(pixels);
    for await (const { rgb } of clip.deepFrames()) {
      expect(rgb).toEqual(Uint16Array.from(pixels, (value) => value * 257));
    }
  });

  it('are turned as their EXIF asks, and keep straight colour under alpha', async () => {
    const turned = join(clips.path, 'turned.jpg');
    await sharp({ create: { width: 32, height: 16, channels: 3, background: 'red' } })
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toFile(turned);
    const clip = await openClip({ path: turned });
    expect(clip.info).toMatchObject({ width: 16, height: 32, rotation: 90, firstFrame: 0 });
    expect((await clip.frame(0)).rgb).toHaveLength(16 * 32 * 3);
    const glass = join(clips.path, 'glass.png');
    const background = { r: 250, g: 20, b: 30, alpha: 0.2 };
    await sharp({ create: { ...size, channels: 4, background } }).toFile(glass);
    const see = await openClip({ path: glass });
    expect(see.info.hasAlpha).toBe(true);
    expect([...(await see.frame(0)).rgb.subarray(0, 3)]).toEqual([250, 20, 30]);
  });

  it('in EXR are shown through sRGB, as the clip says', async () => {
    const path = join(clips.path, 'light.1001.exr');
    await copyFile(join(exr, 'half-piz.exr'), path);
    const plain = await openClip({ path });
    expect(plain.info).toMatchObject({
      width: 19,
      height: 37,
      bitDepth: 16,
      viewTransform: 'linear-rec709 -> sRGB',
      firstFrame: 1001,
    });
    const bright = await openClip({ path, exposure: 2, inputColorspace: 'acescg' });
    expect(bright.info.viewTransform).toBe('acescg -> sRGB, +2 stops');
    const mean = (rgb: Uint8Array) => rgb.reduce((sum, value) => sum + value, 0) / rgb.length;
    const [dim, lit] = await Promise.all([plain.frame(1001), bright.frame(1001)]);
    expect(mean(lit.rgb)).toBeGreaterThan(mean(dim.rgb) + 15);
    const asIs = await openClip({ path, inputColorspace: 'srgb', exposure: 1 });
    expect(asIs.info.warnings).toMatchObject([{ code: 'exposure_ignored' }]);
    expect(mean((await asIs.frame(1001)).rgb)).toBeLessThan(mean(dim.rgb));
    const wild = join(clips.path, 'wild.1001.exr');
    await copyFile(join(exr, 'wild.exr'), wild);
    const { rgb } = await (await openClip({ path: wild })).frame(1001);
    expect([...rgb.subarray(0, 3)]).toEqual([0, 255, 0]);
  });
});

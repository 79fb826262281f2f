import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMaskPicture } from './read-mask.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto mask '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function saved(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** Left half white, right half black. */
function halves(channels: 1 | 2 | 3 | 4, alpha = 255): Sharp {
  const [width, height] = [8, 6];
  const data = Buffer.alloc(width * height * channels);
  for (let i = 0; i < data.length; i++) {
    const isAlpha = channels % 2 === 0 && i % channels === channels - 1;
    const white = Math.floor(i / channels) % width < width / 2;
    data[i] = isAlpha ? alpha : white ? 255 : 0;
  }
  return sharp(data, { raw: { width, height, channels } });
}

const expected = Array.from({ length: 48 }, (_, i) => (i % 8 < 4 ? 255 : 0));
const read = async (name: string, bytes: Uint8Array) => {
  const { width, height, data } = await readMaskPicture(await saved(name, bytes));
  expect([width, height, data.length]).toEqual([8, 6, 48]);
  return [...data];
};

describe('readMaskPicture', () => {
  test.each<[string, () => Sharp]>([
    ['grey 8-bit PNG', () => halves(1).toColourspace('b-w').png()],
    ['1-bit palette PNG', () => halves(3).png({ palette: true, colours: 2 })],
    ['16-bit PNG', () => halves(1).toColourspace('grey16').png()],
    ['RGB PNG', () => halves(3).png()],
    ['16-bit RGB TIFF', () => halves(3).toColourspace('rgb16').tiff({ compression: 'lzw' })],
    ['1-bit TIFF', () => halves(1).toColourspace('b-w').tiff({ bitdepth: 1, compression: 'none' })],
    ['RGBA PNG, opaque all over', () => halves(4).png()],
    ['grey PNG with an opaque alpha', () => halves(2).png()],
  ])('reads a %s: white is object', async (_, picture) => {
    expect(await read('mask file.png', await picture().toBuffer())).toEqual(expected);
  });

  test('reads a JPEG within its loss', async () => {
    const bytes = await halves(3).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const data = await read('-mask.jpg', bytes);
    for (const [i, value] of data.entries())
      expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThan(6);
  });

  test('takes the alpha of a cut-out, whatever its colours', async () => {
    const rgba = Buffer.alloc(8 * 6 * 4, 90);
    for (let i = 0; i < 48; i++) rgba[4 * i + 3] = i % 8 < 4 ? 255 : 0;
    const bytes = await sharp(rgba, { raw: { width: 8, height: 6, channels: 4 } })
      .png()
      .toBuffer();
    expect(await read('cut.png', bytes)).toEqual(expected);
  });

  test('keeps soft values of 16-bit masks to 8 bits', async () => {
    const ramp = Uint16Array.from({ length: 48 }, (_, i) => i * 1390);
    const bytes = await sharp(ramp, { raw: { width: 8, height: 6, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const data = await read('ramp.png', bytes);
    for (const [i, value] of data.entries()) {
      expect(Math.abs(value - (ramp[i] ?? 0) / 257)).toBeLessThanOrEqual(1);
    }
  });

  test('reads a mask that a camera or painter turned the way it is shown', async () => {
    const bytes = await halves(3).withMetadata({ orientation: 3 }).png().toBuffer();
    expect(await read('turned.png', bytes)).toEqual(expected.map((value) => 255 - value));
  });

  test('refuses what is no readable picture', async () => {
    const png = await halves(3).png().toBuffer();
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"/>';
    const bad: [string, Uint8Array][] = [
      ['empty.png', new Uint8Array()],
      ['text.png', Buffer.from('not a picture at all')],
      ['cut-short.png', png.subarray(0, png.length - 20)],
      ['vector.png', Buffer.from(svg)],
      ['animation.png', await halves(3).gif().toBuffer()],
    ];
    for (const [name, bytes] of bad) {
      await expect(readMaskPicture(await saved(name, bytes)), name).rejects.toMatchObject({
        code: 'mask_unreadable',
      });
    }
    for (const path of [join(folder, 'missing.png'), folder]) {
      await expect(readMaskPicture(path)).rejects.toMatchObject({ code: 'mask_unreadable' });
    }
  });
});

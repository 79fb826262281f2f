import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { estimateForeground } from '../src/matte/foreground.ts';
import {
  clipInfo,
  discMatte,
  everything,
  gradientPlate,
  largestDifference,
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

/** Samples of a picture file at 16 bits, whatever it holds. */
async function samples16(path: string, space: 'grey16' | 'rgb16'): Promise<Uint16Array> {
  const bytes = await sharp(path).toColourspace(space).raw({ depth: 'ushort' }).toBuffer();
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
}

/** Type and content of every chunk of a PNG; throws where a checksum is wrong. */
async function pngChunks(path: string): Promise<Map<string, string[]>> {
  const png = await readFile(path);
  const chunks = new Map<string, string[]>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const content = png.toString('latin1', at + 8, at + 8 + length);
    chunks.set(type, [...(chunks.get(type) ?? []), content]);
    if (png.readUInt32BE(at + 8 + length) !== referenceCrc(png.subarray(at + 4, at + 8 + length))) {
      throw new Error(`wrong checksum of ${type}`);
    }
    at += 12 + length;
  }
  return chunks;
}

/** CRC-32 bit by bit, as PNG's annex D writes it down. */
function referenceCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const sizes = [
  { width: 64, height: 36 },
  { width: 35, height: 27 },
];

describe.each(sizes)('sequences of $width x $height', ({ width, height }) => {
  const clip = clipInfo({ width, height });

  it.each([
    ['png16', 'png', 16],
    ['tiff16', 'tif', 16],
  ] as const)('%s holds alpha exactly, at 16 bits of grey', async (format, extension, bits) => {
    const context = writerContext(out, format, { clip });
    const result = await writeAll(format, context);
    expect(result).toEqual({
      object: 'hero',
      format,
      path: join(out, 'hero', `hero.####.${extension}`),
      firstFrame: 1001,
      lastFrame: 1005,
      alpha: 'straight',
    });
    expect(await everything(out)).toEqual([
      'hero',
      ...[1001, 1002, 1003, 1004, 1005].map((n) => join('hero', `hero.${n}.${extension}`)),
    ]);
    for (const number of [1001, 1004]) {
      const path = join(out, 'hero', `hero.${number}.${extension}`);
      expect(await sharp(path).metadata()).toMatchObject({
        ...{ width, height, channels: 1, bitsPerSample: bits, depth: 'ushort' },
      });
      const written = await samples16(path, 'grey16');
      expect(largestDifference(written, discMatte(number, width, height).alpha)).toBe(0);
    }
  });

  it('png8 holds alpha rounded to 8 bits of grey', async () => {
    await writeAll('png8', writerContext(out, 'png8', { clip }));
    const path = join(out, 'hero', 'hero.1003.png');
    expect(await sharp(path).metadata()).toMatchObject({ channels: 1, bitsPerSample: 8 });
    const written = await sharp(path).toColourspace('b-w').raw().toBuffer();
    const wanted = Array.from(discMatte(1003, width, height).alpha, (value) => value / 257);
    expect(largestDifference(written, wanted)).toBeLessThanOrEqual(0.5);
  });

  it.each([false, true])(
    'rgba holds the object’s colour, premultiplied: %s',
    async (premultiplied) => {
      const result = await writeAll('rgba', writerContext(out, 'rgba', { clip, premultiplied }));
      expect(result.alpha).toBe(premultiplied ? 'premultiplied' : 'straight');
      const path = join(out, 'hero', 'hero.1002.png');
      expect(await sharp(path).metadata()).toMatchObject({ channels: 4, bitsPerSample: 16 });
      const written = await samples16(path, 'rgb16');
      const matte = discMatte(1002, width, height);
      const color = estimateForeground(gradientPlate(1002, width, height), matte).rgb;
      const wanted = new Float64Array(written.length);
      for (let i = 0; i < matte.alpha.length; i++) {
        const alpha = matte.alpha[i] ?? 0;
        for (let c = 0; c < 3; c++) {
          wanted[4 * i + c] = (color[3 * i + c] ?? 0) * (premultiplied ? alpha / 65535 : 1);
        }
        wanted[4 * i + 3] = alpha;
      }
      expect(largestDifference(written, wanted)).toBeLessThanOrEqual(0.5);
    },
  );
});

describe('what a picture says of itself', () => {
  it('names roto, engine, model and shot in PNG text chunks, with right checksums', async () => {
    await writeAll('png16', writerContext(out, 'png16'));
    const chunks = await pngChunks(join(out, 'hero', 'hero.1001.png'));
    expect(chunks.get('tEXt')).toEqual([
      'Software\0roto 1.2.3',
      'roto:engine\0lite',
      'roto:model\0mobilesam',
      `roto:model-sha256\0${modelSha256}`,
      `roto:shot-sha256\0${shotHash}`,
    ]);
    expect(chunks.has('pHYs')).toBe(false);
  });

  it('writes text beyond Latin-1 as UTF-8 in iTXt', async () => {
    const context = writerContext(out, 'png8');
    const engine = { ...context.stamp.engine, model: { id: '模型', sha256: modelSha256 } };
    await writeAll('png8', { ...context, stamp: { ...context.stamp, engine } });
    const chunks = await pngChunks(join(out, 'hero', 'hero.1001.png'));
    const text = Buffer.from('模型', 'utf8').toString('latin1');
    expect(chunks.get('iTXt')).toEqual([`roto:model\0\0\0\0\0${text}`]);
  });

  it('names them in the description and software of a TIFF', async () => {
    await writeAll('tiff16', writerContext(out, 'tiff16'));
    const { text } = await tiffTags(join(out, 'hero', 'hero.1001.tif'));
    expect(text.get(305)).toBe('roto 1.2.3');
    expect(text.get(270)).toBe(
      `roto 1.2.3; engine=lite; model=mobilesam; model-sha256=${modelSha256}; shot-sha256=${shotHash}`,
    );
  });

  it('tells the aspect of pixels that are not square', async () => {
    const clip = clipInfo({ pixelAspect: { num: 118, den: 81 } });
    await writeAll('png8', writerContext(out, 'png8', { clip }));
    await writeAll('tiff16', writerContext(out, 'tiff16', { clip }));
    const chunks = await pngChunks(join(out, 'hero', 'hero.1001.png'));
    // 81 pixels across are as long as 118 down: a pixel is 118/81 times as wide as high.
    expect(chunks.get('pHYs')).toEqual(['\0\0\0\x51\0\0\0\x76\0']);
    const { fraction } = await tiffTags(join(out, 'hero', 'hero.1001.tif'));
    expect([fraction.get(282), fraction.get(283)]).toEqual([81, 118]);
  });

  it('gives the same bytes for the same frames', async () => {
    for (const format of ['png8', 'png16', 'tiff16', 'rgba'] as const) {
      const name = format === 'tiff16' ? 'hero.1001.tif' : 'hero.1001.png';
      await writeAll(format, writerContext(join(out, 'one'), format));
      await writeAll(format, writerContext(join(out, 'two'), format));
      const [one, two] = await Promise.all(
        ['one', 'two'].map((run) => readFile(join(out, run, 'hero', name))),
      );
      expect(one?.equals(two ?? Buffer.alloc(0)), format).toBe(true);
    }
  });
});

describe('frame numbers in names', () => {
  it('are padded to four digits, carry their sign, and grow beyond', async () => {
    for (const [firstFrame, names] of [
      [-2, ['hero.-0001.png', 'hero.-0002.png', 'hero.0000.png']],
      [99_999, ['hero.100000.png', 'hero.100001.png', 'hero.99999.png']],
    ] as const) {
      const folder = join(out, `from ${firstFrame}`);
      const clip = clipInfo({ firstFrame, lastFrame: firstFrame + 2 });
      await writeAll('png8', writerContext(folder, 'png8', { clip }));
      expect(await everything(join(folder, 'hero'))).toEqual(names);
    }
  });

  it('take only the file name for a pattern, not a folder called ####', async () => {
    await writeAll('png8', writerContext(join(out, '####'), 'png8'));
    expect(await everything(join(out, '####', 'hero'))).toHaveLength(5);
  });
});

/** Texts and fractions of a TIFF's first directory, by tag. */
async function tiffTags(path: string) {
  const tiff = await readFile(path);
  const at = tiff.readUInt32LE(4);
  const text = new Map<number, string>();
  const fraction = new Map<number, number>();
  let last = -1;
  for (let i = 0; i < tiff.readUInt16LE(at); i++) {
    const entry = at + 2 + 12 * i;
    const tag = tiff.readUInt16LE(entry);
    expect(tag).toBeGreaterThan(last);
    last = tag;
    const [type, count, value] = [
      tiff.readUInt16LE(entry + 2),
      tiff.readUInt32LE(entry + 4),
      tiff.readUInt32LE(entry + 8),
    ];
    if (type === 2) text.set(tag, tiff.toString('utf8', value, value + count - 1));
    if (type === 5) fraction.set(tag, tiff.readUInt32LE(value) / tiff.readUInt32LE(value + 4));
  }
  return { text, fraction };
}

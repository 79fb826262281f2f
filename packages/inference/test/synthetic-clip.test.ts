import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMovie } from './support/read-movie.ts';
import { createSyntheticClip, type SyntheticFrame } from './support/synthetic-clip.ts';
import { writeMovie } from './support/write-movie.ts';

const small = { width: 160, height: 90, frames: 12 };

function digest({ rgb, alpha }: SyntheticFrame): string {
  return createHash('sha256').update(rgb).update(alpha).digest('hex');
}

function area(alpha: Uint8Array): number {
  return alpha.reduce((sum, value) => sum + value, 0) / 255;
}

describe('the synthetic clip', () => {
  const clip = createSyntheticClip(small);

  it('is the same bytes every time and in any order, and another seed is another picture', () => {
    const again = createSyntheticClip(small);
    const late = digest(again.frame(7));
    expect(digest(again.frame(0))).toBe(digest(clip.frame(0)));
    expect(late).toBe(digest(clip.frame(7)));
    expect(digest(createSyntheticClip({ ...small, seed: 2 }).frame(0))).not.toBe(late);
  });

  it('has both clicks well inside the object', () => {
    const { alpha } = clip.frame(0);
    for (const { x, y } of clip.clicks) {
      expect(alpha[Math.floor(y) * clip.width + Math.floor(x)]).toBeGreaterThan(240);
    }
  });

  it('has a soft edge and shows the object in every frame unless it leaves', () => {
    for (let index = 0; index < clip.frames; index += 1) {
      const { alpha } = clip.frame(index);
      expect(area(alpha)).toBeGreaterThan(200);
      expect(alpha.filter((value) => value > 20 && value < 235).length).toBeGreaterThan(60);
    }
  });

  it('hides part of the object behind the pillar, and all of it once it left', () => {
    const open = createSyntheticClip({ ...small, pillar: false });
    expect(area(clip.frame(8).alpha)).toBeLessThan(0.9 * area(open.frame(8).alpha));
    const leaving = createSyntheticClip({ ...small, leaves: true });
    expect(area(leaving.frame(0).alpha)).toBeGreaterThan(200);
    expect(area(leaving.frame(11).alpha)).toBe(0);
  });

  it('is the plain landscape wherever alpha is 0', () => {
    const here = clip.frame(6);
    const elsewhere = createSyntheticClip({ ...small, leaves: true }).frame(6);
    let compared = 0;
    let differing = 0;
    for (let pixel = 0; pixel < here.alpha.length; pixel += 1) {
      if (here.alpha[pixel] !== 0 || elsewhere.alpha[pixel] !== 0) continue;
      compared += 1;
      for (const at of [pixel * 3, pixel * 3 + 1, pixel * 3 + 2]) {
        differing += Math.abs((here.rgb[at] ?? 0) - (elsewhere.rgb[at] ?? 0)) > 1 ? 1 : 0;
      }
    }
    expect(differing).toBe(0);
    expect(compared).toBeGreaterThan(5000);
  });
});

describe('writeMovie', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roto-clip-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('writes every frame, and they come back in the same colours', async () => {
    const clip = createSyntheticClip({ ...small, grain: 0 });
    const frames = Array.from({ length: clip.frames }, (_, index) => clip.frame(index).rgb);
    const path = join(folder, 'clip.mp4');
    await writeMovie(path, { width: clip.width, height: clip.height, frames });
    const back = Buffer.concat(await readMovie(path, clip.width, clip.height));
    const sent = Buffer.concat(frames);
    expect(back.length).toBe(sent.length);
    // Means of red, green and blue: half the colour's resolution is lost, its balance is not.
    for (const channel of [0, 1, 2]) {
      const shift = back.reduce(
        (sum, value, at) => (at % 3 === channel ? sum + value - (sent[at] ?? 0) : sum),
        0,
      );
      expect(Math.abs(shift) / (sent.length / 3)).toBeLessThan(1.5);
    }
  });

  it('rejects with a sentence where the place cannot be written', async () => {
    const frames = [new Uint8Array(16 * 16 * 3)];
    const path = join(folder, 'absent', 'clip.mp4');
    await expect(writeMovie(path, { width: 16, height: 16, frames })).rejects.toMatchObject({
      code: 'encode_failed',
    });
  });
});

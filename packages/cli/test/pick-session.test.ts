import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseShot, type ShotObject } from '@roto/sdk/contract';
import { decode } from 'fast-png';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClipFolder, moving } from '../../inference/test/media-clips.ts';
import { loadLocalEngine } from '../src/backend/local.ts';
import { openLocalSession } from '../src/pick/local-session.ts';
import type { PickSession } from '../src/pick/pick-session.ts';

const clips = new ClipFolder();
let cache = '';
let session: PickSession;

const said = (frame: number, x: number, y: number, label: 'positive' | 'negative') => ({
  frame,
  points: [{ x, y, label }],
});
const matteOf = (...prompts: ShotObject['prompts']): ShotObject => ({
  id: 1,
  name: 'matte',
  prompts,
  locked: [],
});
const shotOf = (object: ShotObject) =>
  parseShot({
    schema: 'roto.shot/1',
    source: { path: 'plate.mkv' },
    objects: [object],
    engine: { name: 'lite', quality: 'draft', inputSize: 256 },
  });

beforeAll(async () => {
  await clips.open();
  await clips.make('plate.mkv', moving(4, '96x64'), ['-c:v', 'ffv1', '-pix_fmt', 'bgr0']);
  cache = await mkdtemp(join(tmpdir(), 'roto-pick-'));
  const { signal } = new AbortController();
  session = await openLocalSession(shotOf(matteOf()), { base: clips.path, cache, signal });
}, 60_000);
afterAll(async () => {
  await session.close();
  await clips.close();
  await rm(cache, { recursive: true, force: true });
});

/** The matte that a look at the shot writes, with 8 bits. */
async function writtenMatte(object: ShotObject, frame: number): Promise<number[]> {
  const { previewShot } = await loadLocalEngine();
  const out = await mkdtemp(join(cache, 'look-'));
  await previewShot(shotOf(object), { base: clips.path, cache, frame, out });
  const png = decode(await readFile(join(out, 'matte', `matte.000${frame}.png`)));
  return Array.from(png.data, (value) => Math.round(value / 257));
}

const key = said(0, 30, 20, 'positive');
const correction = said(2, 80, 50, 'negative');

it.each<[string, ShotObject, number]>([
  ['where something is said', matteOf(key), 0],
  ['where it was tracked to', matteOf(key), 3],
  ['where that is corrected', matteOf(key, correction), 2],
  ['past a correction', matteOf(key, correction), 3],
  ['once the correction is undone', matteOf(key), 2],
  ['once the key is another one', matteOf(said(0, 20, 45, 'positive'), correction), 2],
])(
  'shows the matte that is written %s',
  async (_title, object, frame) => {
    const mask = await session.look({ objects: [object], object: 1, frame });
    expect(mask?.matte.data).toHaveLength(96 * 64);
    expect([...(mask?.matte.data ?? [])]).toEqual(await writtenMatte(object, frame));
  },
  60_000,
);

it('is not there where nothing leads, and ends within a frame where it is given up', async () => {
  const stop = new AbortController();
  const look = { objects: [matteOf(said(1, 40, 30, 'positive'))], object: 1, frame: 3 };
  const given = session.look(look, stop.signal);
  stop.abort();
  await expect(given).rejects.toMatchObject({ code: 'interrupted' });
  // What was given up does not stand in the way of what comes next.
  expect((await session.look(look))?.matte.width).toBe(96);
});

import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseShot } from '@roto/sdk/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { holdStore } from './hold-store.ts';
import { clearTracks, pruneTracks } from './remove-tracks.ts';
import { derivedWeights, listTracks, type TrackRecord, writeTrack } from './tracks.ts';

let cache = '';
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'roto-cache-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

const hex = (digit: string) => digit.repeat(32);
const storeOf = (digit: string) => join(cache, 'stores', hex(digit));

/** A track in store `store` that needs `anchors`, one of 100 kB each, last used `age` hours ago. */
async function addTrack(id: string, store: string, anchors: string, age: number): Promise<string> {
  const record: TrackRecord = {
    schema: 'roto.track/1',
    id: `trk_${id.repeat(16)}`,
    shot: parseShot({
      schema: 'roto.shot/1',
      source: { path: '/clip.mp4' },
      objects: [{ id: 1, name: 'matte' }],
    }),
    trackHash: hex(id),
    clipPath: '/clip.mp4',
    range: { first: 0, last: 9 },
    engine: { engine: 'lite', model: { id: 'm', sha256: 's' }, device: 'cpu', settings: {} },
    store: hex(store),
    anchors: [...anchors].map(hex),
    complete: true,
  };
  await writeTrack(record, cache);
  await addStore(store, anchors, age);
  const used = new Date(Date.now() - age * 3_600_000);
  await utimes(join(cache, 'tracks', `${record.id}.json`), used, used);
  return record.id;
}

async function addStore(store: string, anchors: string, age: number): Promise<void> {
  await mkdir(storeOf(store), { recursive: true });
  for (const anchor of anchors) {
    await writeFile(join(storeOf(store), `${hex(anchor)}.forward.0a.run`), Buffer.alloc(100_000));
  }
  await writeFile(join(storeOf(store), 'about.json'), '{}');
  const used = new Date(Date.now() - age * 3_600_000);
  await utimes(join(storeOf(store), 'about.json'), used, used);
}

const ids = async () => (await listTracks({ cache })).map((track) => track.id[4]);
const stores = async () => (await readdir(join(cache, 'stores'))).map((name) => name[0]).sort();
const anchorsIn = async (store: string) =>
  (await readdir(storeOf(store))).filter((name) => name.endsWith('.run')).map((name) => name[0]);

describe('pruneTracks', () => {
  it('removes nothing below the limit', async () => {
    await addTrack('a', '1', 'd', 5);
    await pruneTracks(cache);
    expect(await ids()).toEqual(['a']);
  });

  it('removes the longest unused first, until the cache is below the limit', async () => {
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) {
      await addTrack(id, String(index), 'd', [3, 9, 1, 5][index] ?? 0);
    }
    vi.stubEnv('ROTO_CACHE_LIMIT_GB', '0.00025');
    await pruneTracks(cache);
    expect(await ids()).toEqual(['c', 'a']);
    expect(await stores()).toEqual(['0', '2']);
  });

  it('keeps the track just made and whatever is in use, over the limit or not', async () => {
    const keep = await addTrack('a', '1', 'd', 9);
    await addTrack('b', '2', 'd', 8);
    await addTrack('c', '3', 'd', 7);
    const release = await holdStore(storeOf('2'));
    vi.stubEnv('ROTO_CACHE_LIMIT_GB', '0.00001');
    await pruneTracks(cache, keep);
    await release();
    expect(await ids()).toEqual(['b', 'a']);
  });

  it('frees the masks of old prompts of one clip, and none that a newer track needs', async () => {
    await addTrack('a', '1', 'de', 9);
    await addTrack('b', '1', 'ef', 8);
    const keep = await addTrack('c', '1', 'f', 7);
    vi.stubEnv('ROTO_CACHE_LIMIT_GB', '0.00025');
    await pruneTracks(cache, keep);
    expect(await ids()).toEqual(['b', 'c'].reverse());
    expect(await anchorsIn('1')).toEqual(['e', 'f']);
  });

  it('removes what sessions left without a track, by its age too', async () => {
    await addTrack('a', '1', 'd', 5);
    await addStore('2', 'd', 9);
    await addStore('3', 'd', 1);
    vi.stubEnv('ROTO_CACHE_LIMIT_GB', '0.00015');
    await pruneTracks(cache);
    expect(await stores()).toEqual(['3']);
  });

  it('leaves files and folders alone that are not of the track cache', async () => {
    await addTrack('a', '1', 'd', 5);
    await mkdir(join(cache, 'stores', 'holiday-pictures'));
    await writeFile(join(cache, 'big.bin'), Buffer.alloc(1_000_000));
    vi.stubEnv('ROTO_CACHE_LIMIT_GB', '0.0005');
    await pruneTracks(cache);
    expect(await ids()).toEqual(['a']);
    vi.stubEnv('ROTO_CACHE_LIMIT_GB', '0.00001');
    await pruneTracks(cache);
    expect(await readdir(join(cache, 'stores'))).toEqual(['holiday-pictures']);
    expect(await readdir(cache)).toContain('big.bin');
  });
});

describe('clearTracks', () => {
  it('removes one track and its masks but those that another needs, and says how much', async () => {
    const id = await addTrack('a', '1', 'de', 1);
    await addTrack('b', '1', 'ef', 1);
    const cleared = await clearTracks({ cache, tracks: [id.slice(0, 8)] });
    expect(cleared.tracks).toBe(1);
    expect(cleared.bytes).toBeGreaterThanOrEqual(100_000);
    expect(cleared.bytes).toBeLessThan(110_000);
    expect(await anchorsIn('1')).toEqual(['e', 'f']);
  });

  it('removes everything, records of other versions and damaged ones included', async () => {
    await addTrack('a', '1', 'd', 1);
    await addStore('2', 'd', 1);
    await writeFile(
      join(cache, 'tracks', 'trk_0123456789abcdef.json'),
      '{"schema":"roto.track/9"}',
    );
    await writeFile(join(cache, 'tracks', 'notes.txt'), 'mine');
    expect(await clearTracks({ cache })).toMatchObject({ tracks: 1 });
    expect(await stores()).toEqual([]);
    expect(await readdir(join(cache, 'tracks'))).toEqual(['notes.txt']);
  });

  it('leaves alone what a run uses: passed over with all, refused by name', async () => {
    const id = await addTrack('a', '1', 'd', 1);
    await addTrack('b', '2', 'd', 1);
    const release = await holdStore(storeOf('1'));
    await expect(clearTracks({ cache, tracks: [id] })).rejects.toMatchObject({
      code: 'cache_locked',
    });
    expect(await clearTracks({ cache })).toMatchObject({ tracks: 1 });
    expect(await ids()).toEqual(['a']);
    await release();
    expect(await clearTracks({ cache })).toMatchObject({ tracks: 1 });
    expect(await ids()).toEqual([]);
  });

  it('is content with a cache that is not there', async () => {
    expect(await clearTracks({ cache: join(cache, 'none') })).toEqual({ tracks: 0, bytes: 0 });
  });
});

describe('weights derived from checkpoints', () => {
  const folder = () => join(cache, 'weights');
  const addWeights = async () => {
    await mkdir(folder(), { recursive: true });
    await writeFile(join(folder(), `${hex('a')}-512-fp32-0123abcd.bin`), Buffer.alloc(5000));
    const part = `${hex('a')}-512-fp32-0123abcd.bin.0123456789ab.tmp`;
    await writeFile(join(folder(), part), Buffer.alloc(100));
    await writeFile(join(folder(), 'notes.txt'), 'not ours');
  };

  it('are counted, and go with everything else, but not with tracks that are named', async () => {
    await addWeights();
    const id = await addTrack('1', 'a', 'a', 1);
    expect(await derivedWeights({ cache })).toEqual({ files: 2, bytes: 5100 });
    await clearTracks({ cache, tracks: [id] });
    expect(await derivedWeights({ cache })).toEqual({ files: 2, bytes: 5100 });
    expect(await clearTracks({ cache })).toEqual({ tracks: 0, bytes: 5100 });
    expect(await readdir(folder())).toEqual(['notes.txt']);
  });

  it('stay while an engine has some open', async () => {
    await addWeights();
    const release = await holdStore(folder());
    expect(await clearTracks({ cache })).toEqual({ tracks: 0, bytes: 0 });
    await release();
    expect(await clearTracks({ cache })).toEqual({ tracks: 0, bytes: 5100 });
  });
});

describe('listTracks', () => {
  it('counts for each track the masks it needs, and not its neighbours of the same clip', async () => {
    await addTrack('a', '1', 'de', 2);
    await addTrack('b', '1', 'f', 1);
    const bytes = (await listTracks({ cache })).map((track) => track.bytes);
    expect(bytes).toEqual([100_000, 200_000]);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseShot, type ShotInput } from '@roto/sdk/contract';
import { expect, it } from 'vitest';
import { findTrackByHash, type TrackRecord, writeTrack } from './tracks.ts';

const shotOf = (engine: ShotInput['engine']) =>
  parseShot({
    schema: 'roto.shot/1',
    source: { path: '/clip.mp4' },
    objects: [{ id: 1, name: 'matte' }],
    ...(engine === undefined ? {} : { engine }),
  });

it('a track is that of a shot that names a precision only if it was made in it', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'roto-cache-'));
  try {
    const record = (id: string, engine: TrackRecord['engine']): TrackRecord => ({
      schema: 'roto.track/1',
      id: `trk_${id.repeat(16)}`,
      shot: shotOf(undefined),
      trackHash: id,
      clipPath: '/clip.mp4',
      range: { first: 0, last: 9 },
      engine,
      store: id.repeat(32),
      anchors: [],
      complete: true,
    });
    const model = { id: 'm', sha256: 's' };
    const settings = { precision: 'fp16' };
    await writeTrack(record('a', { engine: 'sam2', model, device: 'cuda:0', settings }), cache);
    await writeTrack(record('b', { engine: 'lite', model, device: 'cpu', settings: {} }), cache);
    const found = async (hash: string, precision?: 'fp32') => {
      const { engine } = shotOf(precision === undefined ? {} : { precision });
      return (await findTrackByHash(hash, engine, cache))?.trackHash;
    };
    expect(await found('a')).toBe('a');
    expect(await found('a', 'fp32')).toBeUndefined();
    expect(await found('b', 'fp32')).toBe('b');
  } finally {
    await rm(cache, { recursive: true });
  }
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Diagnosis } from '@roto/sdk/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diagnose } from './doctor.ts';

describe('diagnose', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roto-doctor-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  function codes(diagnosis: Diagnosis): string[] {
    return diagnosis.problems.map((problem) => problem.code);
  }

  it('says what this machine has, as the contract describes it', async () => {
    const diagnosis = await diagnose({ cache: join(folder, 'not yet', 'there') });
    expect(Diagnosis.parse(diagnosis)).toEqual(diagnosis);
    expect(diagnosis.node).toBe(process.versions.node);
    expect(diagnosis.providers).toContainEqual({ name: 'cpu', usable: true });
    expect(diagnosis.models.map((model) => model.id)).toContain('mobilesam');
    expect(diagnosis.cache).toMatchObject({ path: join(folder, 'not yet', 'there'), bytes: 0 });
    expect(diagnosis.disk.path).toBe(folder);
    expect(diagnosis.disk.freeBytes).toBeGreaterThan(0);
    expect(diagnosis.problems.filter((problem) => problem.severity === 'error')).toEqual([]);
  });

  it('recommends a newer ffmpeg where the packaged one is all there is', async () => {
    const env = { ...process.env, PATH: '', ROTO_FFMPEG: '', ROTO_FFPROBE: '' };
    const diagnosis = await diagnose({ cache: folder, env });
    expect(diagnosis.ffmpeg).toMatchObject({
      source: 'package',
      licence: expect.stringContaining('GPL'),
    });
    expect(diagnosis.ffmpeg?.recommendation).toMatch(/5\.1 or newer/);
    expect(codes(diagnosis)).toContain('ffmpeg_old');
  });

  it('reports an ffmpeg that is not there as an error, and still says the rest', async () => {
    const env = { ...process.env, ROTO_FFMPEG: join(folder, 'absent') };
    const diagnosis = await diagnose({ cache: folder, env });
    expect(diagnosis.ffmpeg).toBeUndefined();
    expect(diagnosis.problems).toContainEqual(
      expect.objectContaining({ severity: 'error', code: 'ffmpeg_missing' }),
    );
    expect(diagnosis.providers.length).toBeGreaterThan(0);
  });

  it('counts the bytes in the cache and says the limit that is set', async () => {
    const cache = await mkdtemp(join(folder, 'cache-'));
    await writeFile(join(cache, 'some'), new Uint8Array(1234));
    const env = { ...process.env, ROTO_CACHE_LIMIT_GB: '3' };
    const diagnosis = await diagnose({ cache, env });
    expect(diagnosis.cache).toEqual({ path: cache, bytes: 1234, limitBytes: 3e9 });
  });

  it('reports a cache that cannot be written', async () => {
    const file = join(folder, 'a file');
    await writeFile(file, '');
    expect(codes(await diagnose({ cache: join(file, 'cache') }))).toContain('cache_unwritable');
  });
});

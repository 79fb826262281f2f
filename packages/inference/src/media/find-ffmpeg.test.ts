import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerWithinMs, findFfmpeg } from './find-ffmpeg.ts';

const posix = process.platform !== 'win32';
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-find-ffmpeg-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A program that answers `-version` like ffmpeg does. */
async function fakeBinary(path: string, said: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\ncat <<'END'\n${said}\nEND\n`);
  await chmod(path, 0o755);
}

const modern = 'ffmpeg version 7.1 Copyright (c) 2000-2024 the FFmpeg developers\nconfiguration:';

describe.runIf(posix)('findFfmpeg', () => {
  it('takes the packaged binaries where PATH has none, and they run', async () => {
    const tools = await findFfmpeg({ env: { PATH: join(folder, 'nothing') } });
    expect(tools).toMatchObject({ source: 'packaged', license: 'GPL-3.0-or-later' });
    expect(tools.year).toBeLessThan(2024);
  });

  it('takes the system ffmpeg before the packaged one, and ROTO_FFMPEG before both', async () => {
    const system = join(folder, 'system bin');
    const asked = join(folder, 'asked bin');
    for (const bin of [system, asked]) {
      await mkdir(bin);
      await fakeBinary(join(bin, 'ffmpeg'), modern);
      await fakeBinary(join(bin, 'ffprobe'), modern);
    }
    expect(await findFfmpeg({ env: { PATH: system } })).toEqual({
      ffmpeg: join(system, 'ffmpeg'),
      ffprobe: join(system, 'ffprobe'),
      version: '7.1',
      year: 2024,
      source: 'system',
      license: 'LGPL-2.1-or-later',
    });
    const byFolder = await findFfmpeg({ env: { PATH: system, ROTO_FFMPEG: asked } });
    expect(byFolder).toMatchObject({
      ffmpeg: join(asked, 'ffmpeg'),
      ffprobe: join(asked, 'ffprobe'),
      source: 'ROTO_FFMPEG',
    });
    const byBinary = await findFfmpeg({
      env: {
        PATH: '',
        ROTO_FFMPEG: join(asked, 'ffmpeg'),
        ROTO_FFPROBE: join(system, 'ffprobe'),
      },
    });
    expect(byBinary.ffprobe).toBe(join(system, 'ffprobe'));
  });

  it('does not fall back when ROTO_FFMPEG is wrong', async () => {
    const missing = join(folder, 'no such ffmpeg');
    await expect(findFfmpeg({ env: { ROTO_FFMPEG: missing } })).rejects.toMatchObject({
      code: 'ffmpeg_missing',
      param: 'ROTO_FFMPEG',
    });
    const other = join(folder, 'other');
    await fakeBinary(other, 'something else 1.0');
    await expect(findFfmpeg({ env: { ROTO_FFMPEG: other } })).rejects.toMatchObject({
      code: 'ffmpeg_unusable',
    });
  });

  it('waits minutes for one on a busy machine, and says so of one that never answers', async () => {
    expect(answerWithinMs).toBeGreaterThanOrEqual(120_000);
    const slow = join(folder, 'slow');
    await writeFile(slow, '#!/bin/sh\nexec sleep 20\n');
    await chmod(slow, 0o755);
    await expect(
      findFfmpeg({ env: { ROTO_FFMPEG: slow }, answerWithinMs: 100 }),
    ).rejects.toMatchObject({
      code: 'ffmpeg_unusable',
      message: `${slow} did not answer within 0.1 s`,
    });
  });

  it('names ROTO_FFPROBE when it points to nothing that can run', async () => {
    const bare = join(folder, 'bare');
    await writeFile(bare, '');
    await expect(
      findFfmpeg({ env: { PATH: '', ROTO_FFPROBE: bare, ROTO_CACHE_DIR: folder } }),
    ).rejects.toMatchObject({ code: 'ffmpeg_missing', param: 'ROTO_FFPROBE' });
  });
});

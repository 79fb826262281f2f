import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { callMediaHost, mediaLimits } from '../src/media/call-media-host.ts';
import { madeMovie } from './support/made-clips.ts';

async function prepared(limits: Partial<typeof mediaLimits>, signal?: AbortSignal) {
  const folder = await mkdtemp(join(tmpdir(), 'roto-media-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'clip.mov');
  await writeFile(path, (await madeMovie('mov', { frames: 50, size: '640x480' })).bytes);
  return callMediaHost(
    'prepare',
    {
      source: { path, title: 'clip.mov' },
      sha256: undefined,
      thumbnail: join(folder, 'thumbnail.jpg'),
      mezzanine: join(folder, 'browser.mp4'),
    },
    { signal: signal ?? new AbortController().signal, limits: { ...mediaLimits, ...limits } },
  );
}

it('opens a clip within its limits', async () => {
  expect(await prepared({})).toMatchObject({ codec: 'prores', mezzanine: { frames: 50 } });
});

it.each([
  ['memory', { memoryBytes: 60 * 1024 * 1024 }],
  ['time', { timeoutMs: 300 }],
])('gives a clip up that takes more %s than it may', async (_what, limits) => {
  await expect(prepared(limits)).rejects.toMatchObject({ code: 'source_unreadable' });
});

it('gives no mezzanine that is larger than a file may be', async () => {
  const { mezzanine, failure } = await prepared({ fileBytes: 20_000 });
  expect(mezzanine).toBeUndefined();
  expect(failure).toBeTruthy();
});

it('stops at once when nobody wants it any more', async () => {
  const stop = new AbortController();
  const asked = prepared({}, stop.signal);
  setTimeout(() => stop.abort(new Error('stopped')), 700);
  await expect(asked).rejects.toThrow('stopped');
});

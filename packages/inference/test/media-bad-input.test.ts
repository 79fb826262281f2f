import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openClip } from '../src/media/open-clip.ts';
import { ClipFolder, hashOf, moving } from './media-clips.ts';

const clips = new ClipFolder();
beforeAll(() => clips.open());
afterAll(() => clips.close());
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '12'];

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(clips.path, name);
  await writeFile(path, content);
  return path;
}

/** A copy that holds the first part of the bytes. */
async function cutOff(path: string, share: number, name: string): Promise<string> {
  const bytes = await readFile(path);
  return file(name, bytes.subarray(0, Math.floor(bytes.length * share)));
}

const whole = (path: string) => openClip({ path });

describe('what is no clip is refused in a clear sentence', () => {
  it('a missing file', async () => {
    await expect(whole(join(clips.path, 'no.mp4'))).rejects.toMatchObject({
      code: 'source_not_found',
      param: 'source.path',
    });
    await expect(whole(join(clips.path, 'no', 'such', 'plate.####.png'))).rejects.toMatchObject({
      code: 'source_not_found',
    });
  });

  it('an empty file', async () => {
    await expect(whole(await file('empty.mp4', ''))).rejects.toThrow(/is empty/);
  });

  it('text with the name of a movie, playlists that name other files included', async () => {
    const secret = await file('secret.txt', 'a secret\n'.repeat(100));
    const texts = [
      'just some text\n'.repeat(200),
      `ffconcat version 1.0\nfile ${secret}\n`,
      `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://${secret}\n#EXT-X-ENDLIST\n`,
    ];
    for (const [at, text] of texts.entries()) {
      await expect(whole(await file(`text ${at}.mp4`, text))).rejects.toMatchObject({
        code: 'source_unreadable',
      });
    }
  });

  it('sound alone, cover art or not', async () => {
    const sound = await clips.make('sound.m4a', { lavfi: 'sine=d=1' }, []);
    await expect(whole(sound)).rejects.toMatchObject({ code: 'source_has_no_video' });
  });

  it('a movie without a frame', async () => {
    const options = [...x264, '-t', '0', '-movflags', 'empty_moov+frag_keyframe'];
    const path = await clips.make('no frames.mp4', moving(10), options);
    const error = await whole(path).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'RotoError', kind: 'usage' });
  });

  it('a picture too small to see anything in', async () => {
    const one = await clips.make(
      'one.mkv',
      { lavfi: 'color=s=8x8,trim=end_frame=3,format=rgb24,crop=1:1' },
      ['-c:v', 'ffv1'],
    );
    await expect(whole(one)).rejects.toMatchObject({ code: 'source_too_small' });
  });

  it('a folder without pictures, and what is no file', async () => {
    const folder = join(clips.path, 'no pictures');
    await mkdir(folder);
    await expect(whole(folder)).rejects.toMatchObject({ code: 'source_not_found' });
    await expect(whole('/dev/null')).rejects.toMatchObject({ code: 'source_unreadable' });
  });

  it('a range beyond the clip', async () => {
    const path = await clips.make('range.mp4', moving(5), x264);
    await expect(openClip({ path, range: { first: 3, last: 5 } })).rejects.toMatchObject({
      code: 'frame_out_of_range',
    });
  });
});

describe('a movie that breaks off', () => {
  it.each([
    ['mp4 with its index in front', 'front.mp4', ['-movflags', '+faststart'], 0.6],
    ['matroska', 'cut.mkv', [], 0.6],
    ['mp4 that ends within its last frame', 'last.mp4', ['-movflags', '+faststart'], 0.99],
  ] as const)(
    'is found before tracking, with its last whole frame: %s',
    async (_, name, options, share) => {
      const path = await clips.make(name, moving(60), [...x264, ...options]);
      const full = await openClip({ path });
      const cut = await cutOff(path, share, `cut ${name}`);
      const error = await whole(cut).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'source_truncated' });
      const last = Number(/last whole frame is (\d+)/.exec(String(error))?.[1]);
      expect(last).toBeGreaterThan(60 * (share - 0.25));
      expect(last).toBeLessThan(59);

      const clip = await openClip({ path: cut, range: { first: 0, last } });
      expect(clip.info).toMatchObject({
        lastFrame: last,
        warnings: [{ code: 'source_truncated' }],
      });
      for (const number of [0, last]) {
        const [kept, original] = await Promise.all([clip.frame(number), full.frame(number)]);
        expect(hashOf(kept.rgb)).toBe(hashOf(original.rgb));
      }
      await expect(
        openClip({ path: cut, range: { first: 0, last: last + 1 } }),
      ).rejects.toMatchObject({
        code: 'source_truncated',
      });
    },
  );

  it('cannot be read at all where its index was at the end', async () => {
    const path = await clips.make('index last.mp4', moving(60), x264);
    await expect(whole(await cutOff(path, 0.7, 'no index.mp4'))).rejects.toMatchObject({
      code: 'source_unreadable',
    });
  });

  it('is not what an edit list looks like', async () => {
    const path = await clips.make('all.mp4', moving(60), x264);
    const trimmed = await clips.make(
      'trimmed.mp4',
      path,
      ['-c', 'copy', '-t', '1'],
      ['-ss', '0.7'],
    );
    expect((await whole(trimmed)).info.warnings).not.toContainEqual(
      expect.objectContaining({ code: 'source_truncated' }),
    );
  });
});

describe('names are names', () => {
  it.each([
    '-dash first.mp4',
    'sp ace \'quote\' "two".mp4',
    'new\nline.mp4',
    '100%d %04d.mp4',
    'a:b,c;d.mp4',
    '$F4 #.mp4',
  ])('a movie is opened whatever its name: %j', async (name) => {
    const path = await clips.make(name, moving(3), x264);
    const clip = await openClip({ path: name }, { base: clips.path });
    expect(clip.info).toMatchObject({ path, lastFrame: 2 });
    expect((await clip.frame(2)).rgb).toHaveLength(96 * 64 * 3);
  });

  it('a link is what it leads to', async () => {
    const path = await clips.make('target.mp4', moving(3), x264);
    const link = join(clips.path, 'link.mp4');
    await symlink(path, link);
    const [direct, linked] = await Promise.all([whole(path), whole(link)]);
    expect(linked.info.fingerprint).toBe(direct.info.fingerprint);
  });
});

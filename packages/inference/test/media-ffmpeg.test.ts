import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pipe, runFfmpeg, startFfmpeg } from '../src/media/ffmpeg.ts';
import { openClip } from '../src/media/open-clip.ts';
import { ClipFolder, ffmpegBuilds, moving } from './media-clips.ts';

const clips = new ClipFolder();
beforeAll(() => clips.open());
afterAll(() => clips.close());
const failure = { code: 'encode_failed', message: 'Could not write the movie' } as const;

describe.each(await ffmpegBuilds())('startFfmpeg with $name', ({ tools }) => {
  it('takes pictures by one pipe and gives them by another', async () => {
    const raw = ['-f', 'rawvideo', '-pixel_format', 'rgb24', '-video_size', '4x2'];
    const child = startFfmpeg({
      tools,
      inputs: [{ from: pipe, options: raw }],
      outputs: [{ to: pipe, options: ['-vf', 'hflip', '-f', 'rawvideo'] }],
      failure,
    });
    child.stdin?.end(Buffer.from(Array.from({ length: 24 }, (_, at) => at)));
    const pieces: Buffer[] = [];
    for await (const piece of child.stdout ?? []) {
      pieces.push(piece);
    }
    await child.done;
    expect([...Buffer.concat(pieces).subarray(0, 12)]).toEqual([
      9, 10, 11, 6, 7, 8, 3, 4, 5, 0, 1, 2,
    ]);
  });

  it("fails with the caller's code and ffmpeg's own words", async () => {
    const from = join(clips.path, 'no such input.mov');
    const job = {
      tools,
      inputs: [{ from }],
      outputs: [{ to: join(clips.path, 'x.mov') }],
      failure,
    };
    await expect(runFfmpeg(job)).rejects.toMatchObject({ code: 'encode_failed' });
    await expect(runFfmpeg(job)).rejects.toThrow(/^Could not write the movie: .*No such file/);
  });

  it('is gone at once when aborted', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const child = startFfmpeg({
      tools,
      inputs: [{ from: { lavfi: 'testsrc2=s=64x64' }, options: ['-re'] }],
      outputs: [{ to: pipe, options: ['-f', 'rawvideo'] }],
      signal: stop.signal,
      failure,
    });
    stop.abort(reason);
    await expect(child.done).rejects.toBe(reason);
  });

  it('reads nothing but files and pipes, whatever a playlist names', async () => {
    const list = join(clips.path, 'list.m3u8');
    await writeFile(list, '#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n');
    const reading = runFfmpeg({
      tools,
      inputs: [{ from: list, options: ['-f', 'hls'] }],
      outputs: [{ to: pipe, options: ['-f', 'null'] }],
      failure,
    });
    const error: unknown = await reading.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'encode_failed' });
    expect(String(error instanceof Error && error.cause)).toMatch(/'http' not on whitelist/);
  });
});

describe('what a clip says of itself', () => {
  it('is its sound, timecode, colour tags and start', async () => {
    const path = await clips.make('tagged.mov', moving(10), [
      ...[
        '-f',
        'lavfi',
        '-i',
        'sine=d=0.4',
        '-c:v',
        'libx264',
        '-pix_fmt',
        'yuv420p',
        '-c:a',
        'aac',
      ],
      ...['-timecode', '01:00:00:00', '-colorspace', 'bt709', '-color_primaries', 'bt709'],
      ...['-color_trc', 'bt709', '-color_range', 'tv'],
    ]);
    const { info } = await openClip({ path });
    expect(info).toMatchObject({
      hasAudio: true,
      timecode: '01:00:00:00',
      rate: { num: 25, den: 1 },
      variableRate: false,
      color: { range: 'limited', matrix: 'bt709', primaries: 'bt709', transfer: 'bt709' },
      warnings: [],
    });
  });

  it('is its own rate: one that is given is for sequences, and warned of', async () => {
    const path = await clips.make('rated.mp4', moving(3), ['-c:v', 'libx264']);
    const { info } = await openClip({ path, rate: { num: 24, den: 1 } });
    expect(info.rate).toEqual({ num: 25, den: 1 });
    expect(info.warnings).toMatchObject([{ code: 'rate_ignored' }]);
    expect((await openClip({ path, rate: { num: 50, den: 2 } })).info.warnings).toEqual([]);
  });

  it('is remembered by file, and told anew when the file changes', async () => {
    const path = await clips.make('remembered.mp4', moving(3), ['-c:v', 'libx264']);
    const cacheDir = join(clips.path, 'cache');
    const first = await openClip({ path }, { cacheDir });
    expect((await stat(join(cacheDir, 'fingerprints'))).isDirectory()).toBe(true);
    expect((await openClip({ path }, { cacheDir })).info.fingerprint).toBe(first.info.fingerprint);
    await clips.make('remembered.mp4', moving(4), ['-c:v', 'libx264']);
    expect((await openClip({ path }, { cacheDir })).info.fingerprint).not.toBe(
      first.info.fingerprint,
    );
  });
});

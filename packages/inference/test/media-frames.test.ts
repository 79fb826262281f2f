import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenMovieOptions, openMovie } from '../src/media/movie-clip.ts';
import { ClipFolder, ffmpegBuilds, hashes, hashOf, moving } from './media-clips.ts';

const clips = new ClipFolder();
beforeAll(() => clips.open());
afterAll(() => clips.close());

const builds = await ffmpegBuilds();
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const gop12 = 'keyint=12:min-keyint=12:scenecut=0:bframes=3';
const uneven = "setpts='if(lt(N,30),N*2,60+(N-30)*5)/(25*TB)'";

/** Name, options, and whether the 2018 build reads it as well in these tests. */
const cases: readonly (readonly [string, readonly string[], boolean])[] = [
  ['one long group.mp4', [...x264, '-bf', '3', '-g', '250'], true],
  ['b-pyramid.mp4', [...x264, '-x264-params', `${gop12}:b-pyramid=strict`], false],
  ['open groups.mp4', [...x264, '-x264-params', `${gop12}:open-gop=1`], true],
  ['open groups.mpg', ['-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-q:v', '3'], false],
  ['transport.ts', [...x264, '-x264-params', gop12], true],
  ['rounded times.mkv', [...x264, '-x264-params', gop12], false],
  ['uneven.mp4', ['-vf', uneven, '-vsync', 'passthrough', ...x264, '-x264-params', gop12], true],
  ['short groups.mp4', [...x264, '-x264-params', 'keyint=3:bframes=2'], false],
  ['refreshed bit by bit.mp4', [...x264, '-x264-params', 'intra-refresh=1:keyint=20'], false],
  ['no times, reordered.avi', ['-c:v', 'mpeg4', '-g', '12', '-bf', '2', '-q:v', '3'], false],
  ['bare.h264', [...x264, '-x264-params', gop12], false],
  [
    'hidden frames.webm',
    [
      '-c:v',
      'libvpx',
      '-b:v',
      '200k',
      '-g',
      '20',
      '-auto-alt-ref',
      '1',
      '-lag-in-frames',
      '16',
      '-cpu-used',
      '8',
      '-deadline',
      'realtime',
    ],
    false,
  ],
  ['intra.mov', ['-c:v', 'prores_ks', '-profile:v', '0'], false],
  ['pictures.gif', [], false],
];

/** Frames as ffmpeg alone counts them, from the start, none dropped or doubled. */
async function countFrames(ffmpeg: string, path: string): Promise<number> {
  const args = ['-v', 'error', '-i', `file:${path}`, '-map', '0:v:0', '-vsync', 'passthrough'];
  const { stdout } = await promisify(execFile)(ffmpeg, [...args, '-f', 'framecrc', '-']);
  return stdout.split('\n').filter((line) => line.startsWith('0,')).length;
}

async function expectSameEitherWay(
  path: string,
  options: OpenMovieOptions,
): Promise<Map<number, string>> {
  let decodes = 0;
  const clip = await openMovie(path, {
    ...options,
    memoryFrames: 16,
    onDecoded: () => {
      decodes++;
    },
  });
  const { firstFrame, lastFrame } = clip.info;
  const forward = await hashes(clip, 'forward');
  expect(forward.size).toBe(lastFrame - firstFrame + 1);
  // Gone through once: no two frames of the test picture are alike.
  expect(new Set(forward.values()).size).toBe(forward.size);
  decodes = 0;
  const backward = await hashes(clip, 'backward');
  expect([...backward.keys()]).toEqual([...forward.keys()].reverse());
  expect(new Map([...backward].reverse())).toEqual(forward);
  expect(decodes).toBeLessThanOrEqual(2 * forward.size);
  for (const number of [lastFrame - 11, lastFrame]) {
    expect(hashOf((await clip.frame(number)).rgb)).toBe(forward.get(number));
  }
  await clip.close();
  return forward;
}

describe.each(builds)('frames by $name', ({ tools }) => {
  const isFirst = tools === builds[0]?.tools;

  it.each(cases.filter(([, , isCore]) => isFirst || isCore))(
    'are the same pictures forwards, backwards and alone: %s',
    async (name, options) => {
      const path = await clips.make(name, moving(60), options);
      const frames = await expectSameEitherWay(path, { tools });
      expect(frames.size).toBe(await countFrames(tools.ffmpeg, path));
    },
  );

  it('are the same where an edit list starts between key frames', async () => {
    const whole = await clips.make('whole.mp4', moving(60), [...x264, '-x264-params', gop12]);
    const cut = await clips.make('cut.mp4', whole, ['-c', 'copy'], ['-ss', '0.62']);
    const part = await expectSameEitherWay(cut, { tools });
    expect(part.size).toBeLessThan(46);
    expect(part.size).toBe(await countFrames(tools.ffmpeg, cut));
    // The first frame shown is the one at the cut, not the key frame before it.
    const all = await hashes(await openMovie(whole, { tools }), 'forward');
    expect(part.get(0)).toBe(all.get(60 - part.size));
  });
});

it('frames keep their numbers when the first is given one', async () => {
  const path = await clips.make('renumbered.mp4', moving(5), x264);
  const plain = await hashes(await openMovie(path), 'forward');
  const clip = await openMovie(path, { startFrame: 1001 });
  expect(clip.info).toMatchObject({ firstFrame: 1001, lastFrame: 1005 });
  expect([...(await hashes(clip, 'forward')).values()]).toEqual([...plain.values()]);
  await expect(clip.frame(1006)).rejects.toMatchObject({ code: 'frame_out_of_range' });
  await expect(clip.frame(1001.5)).rejects.toMatchObject({ code: 'frame_out_of_range' });
});

it('a reader that leaves or aborts stops its decoder within a frame', async () => {
  const path = await clips.make('left.mp4', moving(200), x264);
  let decodes = 0;
  const clip = await openMovie(path, { onDecoded: () => decodes++ });
  decodes = 0;
  for await (const frame of clip.frames()) {
    expect(frame.number).toBe(0);
    break;
  }
  const stop = new AbortController();
  const reason = new Error('enough');
  const read = async () => {
    for await (const frame of clip.frames({ signal: stop.signal })) {
      if (frame.number === 2) {
        stop.abort(reason);
      }
    }
  };
  await expect(read()).rejects.toMatchObject({ code: 'interrupted', cause: reason });
  expect(decodes).toBeLessThan(200);
  await clip.close();
  await expect(clip.frame(0)).rejects.toThrow(/closed/);
});

it('a clip of many frames is read in the memory of a few', async () => {
  const path = await clips.make('slow reader.mp4', moving(300, '320x240'), x264);
  let decodes = 0;
  const clip = await openMovie(path, { onDecoded: () => decodes++ });
  decodes = 0;
  const frames = clip.frames();
  await frames.next();
  await new Promise((resolve) => setTimeout(resolve, 400));
  // Held back by the pipe: what the reader has not asked for is not decoded.
  expect(decodes).toBeLessThan(40);
  await frames.return();
});

import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readMatte } from '../examples/demo/score-mattes.ts';
import type { ErrorCode } from '../packages/sdk/src/contract/index.ts';
import { balloon, clicksOf, ffmpeg, writeClip, writeSequence } from './support/clips.ts';
import { fileHashes } from './support/file-hashes.ts';
import { errorOf, type RotoEnd, resultOf, runRoto } from './support/roto-process.ts';

const clip = balloon(96, 64, 12);
const points = clicksOf(clip);
const oddName = `- it's a "clip"\nof $HOME.mp4`;
const quick = ['--local', '--quality', 'draft', '--input-size', '256', '--json'];

let folder = '';
/** Where the runs start: what they leave in it, they have written. */
let place = '';
const input = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-bad-'));
  place = join(folder, 'place');
  await mkdir(place);
  await writeClip(input('clip.mp4'), clip);
  await Promise.all([makeBrokenMovies(), makeOddMovies(), makeSequences(), makeMasks()]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function makeBrokenMovies(): Promise<void> {
  await writeFile(input('empty.mp4'), '');
  await writeFile(input('text.mp4'), 'Dear diary, this is not a movie.\n'.repeat(100));
  const bytes = await readFile(input('clip.mp4'));
  await writeFile(input('truncated.mp4'), bytes.subarray(0, bytes.length * 0.6));
  const copy = ['-i', input('clip.mp4'), '-c', 'copy'];
  await ffmpeg(...copy, input('index-last.mp4'));
  const late = await readFile(input('index-last.mp4'));
  await writeFile(input('no-index.mp4'), late.subarray(0, late.length * 0.6));
  await ffmpeg(...copy, '-movflags', 'empty_moov+frag_keyframe', input('pieces.mp4'));
  const pieces = await readFile(input('pieces.mp4'));
  // Everything before the first piece: a header with a video track, and no frame.
  await writeFile(input('zero.mp4'), pieces.subarray(0, pieces.indexOf('moof') - 4));
  await ffmpeg('-f', 'lavfi', '-i', 'sine', '-t', '0.5', input('sound.mp4'));
  const one = ['-vf', 'format=rgb24,crop=1:1', '-frames:v', '2', '-c:v', 'ffv1'];
  await ffmpeg('-i', input('clip.mp4'), ...one, input('one-pixel.mkv'));
}

async function makeOddMovies(): Promise<void> {
  const two = ['-i', input('clip.mp4'), '-frames:v', '2'];
  const odd = ['-vf', 'format=yuv444p,crop=95:63:0:0', '-c:v', 'ffv1'];
  await ffmpeg(...two, ...odd, input('odd.mkv'));
  await ffmpeg(...two, '-pix_fmt', 'yuv420p10le', '-c:v', 'ffv1', input('ten-bit.mkv'));
  const alpha = ['-pix_fmt', 'yuva444p10le', '-c:v', 'prores_ks', '-profile:v', '4'];
  await ffmpeg(...two, ...alpha, input('alpha.mov'));
  const uneven = ['-vf', "setpts='if(lt(N,3),N,2*N)/24/TB'", '-vsync', 'vfr', '-bf', '0'];
  const timing = [
    '-frames:v',
    '5',
    ...uneven,
    '-c:v',
    'libx264',
    '-video_track_timescale',
    '24000',
  ];
  await ffmpeg('-i', input('clip.mp4'), ...timing, input('uneven.mp4'));
  await cp(input('clip.mp4'), join(place, oddName));
}

async function makeSequences(): Promise<void> {
  await writeSequence(input('mixed'), input('clip.mp4'), 1001);
  await cp(input('mixed'), input('gap'), { recursive: true });
  for (const frame of ['1003', '1006', '1007', '1008', '1009', '1010', '1011', '1012']) {
    await rm(join(input('gap'), `plate.${frame}.png`));
  }
  await paint('red', 48, 32, join(input('mixed'), 'plate.1004.png'));
}

async function makeMasks(): Promise<void> {
  await paint('white', 48, 32, input('small.png'));
  await paint('black', 96, 64, input('black.png'));
}

function paint(color: string, width: number, height: number, path: string): Promise<void> {
  const source = `color=${color}:s=${width}x${height}`;
  return ffmpeg('-f', 'lavfi', '-i', source, '-frames:v', '1', path);
}

const mask = (...args: string[]) => runRoto(['mask', ...args], { cwd: place });

/** One document with one sentence in it, the status of its code, and nothing written. */
function expectRefusal(end: RotoEnd, code: ErrorCode, status: number): string {
  const error = errorOf(end);
  expect({ code: error.code, status: end.status }, error.message).toEqual({ code, status });
  expect(end.stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(end.stderr).toBe('');
  for (const text of [error.message, error.hint ?? 'There is no hint.']) {
    expect(text).toMatch(/^\S.{8,400}$/s);
    expect(text).not.toMatch(/\n\s+at |undefined|\[object|\w+Error:/);
  }
  return error.message;
}

type Case = readonly [title: string, code: ErrorCode, status: number, args: () => string[]];
const on = (name: string, ...args: string[]) => [input(name), '--points', points, ...args];
const prompted = (...args: string[]) => [input('clip.mp4'), ...args];

describe('refused before anything is written', () => {
  afterEach(async () => {
    expect(await readdir(place)).toEqual([oddName]);
  });

  it.each<Case>([
    ['a missing file', 'source_not_found', 2, () => on('missing.mp4')],
    ['an empty file', 'source_unreadable', 2, () => on('empty.mp4')],
    ['text that is called .mp4', 'source_unreadable', 2, () => on('text.mp4')],
    ['a movie whose index was cut off', 'source_unreadable', 2, () => on('no-index.mp4')],
    ['a movie without a frame', 'source_unreadable', 2, () => on('zero.mp4')],
    ['sound alone', 'source_has_no_video', 2, () => on('sound.mp4')],
    ['a picture of one pixel', 'source_too_small', 2, () => on('one-pixel.mkv')],
    ['a gap in a sequence', 'sequence_gap', 2, () => on('gap/plate.####.png')],
    ['mixed sizes in a sequence', 'sequence_mixed_sizes', 2, () => on('mixed/plate.####.png')],
    ['a point outside the picture', 'prompt_outside_picture', 2, () => prompted('-p', '96.5,3')],
    ['a box outside the picture', 'prompt_outside_picture', 2, () => prompted('-b', '97,0,120,9')],
    ['a point that is no number', 'invalid_argument', 2, () => prompted('-p', 'NaN,12')],
    ['a point at infinity', 'invalid_argument', 2, () => prompted('-p', '1e400,12')],
    ['a prompt beyond the last frame', 'frame_out_of_range', 2, () => prompted('-p', '9,9@12')],
    ['a range beyond the last frame', 'frame_out_of_range', 2, () => on('clip.mp4', '-r', '3-12')],
    ['a range of ten digits', 'invalid_argument', 2, () => on('clip.mp4', '-r', '1000000000')],
    [
      'a last frame of ten digits',
      'frame_out_of_range',
      2,
      () => on('clip.mp4', '--start-frame', '999999995'),
    ],
    ['a range backwards', 'invalid_argument', 2, () => on('clip.mp4', '-r', '9-3')],
    ['an unknown format', 'unknown_format', 2, () => on('clip.mp4', '-F', 'png16,gif')],
    ['two formats in one place', 'output_conflict', 2, () => on('clip.mp4', '-F', 'png8,png16')],
    ['negative clicks only', 'prompt_missing', 2, () => prompted('-n', '5,5')],
    ['no prompt at all', 'prompt_missing', 2, () => prompted()],
    ['a mask of another size', 'mask_unreadable', 2, () => prompted('-m', input('small.png'))],
    ['a black mask', 'mask_unreadable', 2, () => prompted('-m', input('black.png'))],
    ['a mask that is not there', 'mask_unreadable', 2, () => prompted('-m', input('no.png'))],
    ['a mask that is no picture', 'mask_unreadable', 2, () => prompted('-m', input('text.mp4'))],
    ['a device without end as the mask', 'mask_unreadable', 2, () => prompted('-m', '/dev/zero')],
    ['an unknown option', 'invalid_argument', 2, () => on('clip.mp4', '--pionts', '3')],
    ['CUDA where there is none', 'device_unavailable', 6, () => on('clip.mp4', '--device', 'cuda')],
    ['a model nobody knows', 'model_missing', 6, () => on('clip.mp4', '--model', 'nobody')],
    ['an engine without a model', 'model_missing', 6, () => on('clip.mp4', '--engine', 'sam2')],
  ])('%s is %s, status %i', async (_title, code, status, args) => {
    expectRefusal(await mask(...args(), ...quick), code, status);
  });

  it('neither --local nor a server is a matter of signing in, status 3', async () => {
    expectRefusal(await mask(...on('clip.mp4'), '--json'), 'unauthenticated', 3);
  });

  it('without --json it is one sentence on stderr, what to do below it, and no stack', async () => {
    const end = await mask(...on('missing.mp4'), '--local');
    expect(end).toMatchObject({ status: 2, stdout: '' });
    expect(end.stderr).toMatch(/^roto: There is no \S+missing\.mp4\.?\n {6}\S.*\n$/);
  });

  it('a name with a leading dash and a line end is quoted whole, with the way to write it', async () => {
    const end = await mask(oddName, '--points', points, ...quick);
    expect(expectRefusal(end, 'invalid_argument', 2)).toContain(oddName);
    expect(errorOf(end).hint).toContain('./-');
  });
});

describe('outputs that must not be touched', () => {
  it('an output equal to the input is refused, with --overwrite too', async () => {
    const there = input('same');
    await mkdir(there);
    await cp(input('clip.mp4'), join(there, 'greenscreen.mp4'));
    const before = await fileHashes(there);
    const args = ['greenscreen', join(there, 'greenscreen.mp4'), '--points', points, '-o', there];
    for (const more of [[], ['--overwrite']]) {
      const end = await runRoto([...args, ...more, ...quick], { cwd: place });
      expectRefusal(end, 'output_is_input', 2);
    }
    expect(await fileHashes(there)).toEqual(before);
  });

  it('an output that is there already is refused, named, and stays as it was', async () => {
    const there = input('existing');
    await mkdir(join(there, 'matte'), { recursive: true });
    await writeFile(join(there, 'matte', 'matte.0007.png'), 'a friend');
    const before = await fileHashes(there);
    const end = await mask(...on('clip.mp4'), '-o', there, ...quick);
    expect(expectRefusal(end, 'output_exists', 2)).toContain('matte.0007.png');
    expect(await fileHashes(there)).toEqual(before);
  });

  it('a file where the output folder should be is refused', async () => {
    const end = await mask(...on('clip.mp4'), '-o', input('text.mp4'), ...quick);
    expectRefusal(end, 'output_unwritable', 2);
  });
});

describe('unusual clips that work', () => {
  /** Runs a clip, proves that no frame was lost, and gives the result. */
  async function works(name: string, frames: number, ...more: string[]) {
    const out = join(folder, 'works', name.replace(/\W/g, '-'));
    const result = resultOf(await mask(...on(name), '-o', out, ...more, ...quick));
    expect(result.objects[0]?.frames).toHaveLength(frames);
    return { out, result, codes: result.warnings.map(({ code }) => code) };
  }

  it('a truncated movie names its last good frame, and a range up to it works', async () => {
    const end = await mask(...on('truncated.mp4'), ...quick);
    const said = expectRefusal(end, 'source_truncated', 2);
    const last = Number(/ (\d+)\.?$/.exec(said)?.[1]);
    expect(last).toBeGreaterThan(0);
    expect(last).toBeLessThan(11);
    const { result } = await works('truncated.mp4', last + 1, '--range', `0-${last}`);
    expect(result.outputs[0]).toMatchObject({ firstFrame: 0, lastFrame: last });
  });

  it('odd sizes come out at the same size, and a movie that cannot says it was padded', async () => {
    const { out, codes } = await works('odd.mkv', 2, '-F', 'png8,luma');
    const picture = await readMatte(join(out, 'matte', 'matte.0001.png'));
    expect([picture.width, picture.height]).toEqual([95, 63]);
    expect(codes).toContain('padded_odd_size');
  });

  it('ten bits a channel', async () => {
    await works('ten-bit.mkv', 2);
  });

  it('alpha in the plate', async () => {
    await works('alpha.mov', 2);
  });

  it('an uneven rate keeps its number of frames', async () => {
    const { codes } = await works('uneven.mp4', 5);
    expect(codes).toContain('variable_rate');
  });

  it.each(['hold', 'black'])('a gap in a sequence with --missing-frames %s', async (policy) => {
    const gap = 'gap/plate.####.png';
    const more = ['--missing-frames', policy, '--range', '1002-1004', '--overwrite'];
    const { out, codes } = await works(gap, 3, ...more);
    expect(await readdir(join(out, 'matte'))).toContain('matte.1003.png');
    expect(codes).toContain('sequence_gap');
  });

  it('a name with spaces, quotes, a line end and a leading dash, in every place', async () => {
    const out = join(folder, `-o 'it' "\n$HOME`);
    const args = ['--points', points, '--range', '0-1', '-F', 'png8,greenscreen', '-o', out];
    const result = resultOf(await mask(...args, ...quick, '--', oddName));
    expect(result.clip.path).toBe(join(place, oddName));
    const files = Object.keys(await fileHashes(out));
    expect(files).toEqual(['greenscreen.mp4', 'matte/matte.0000.png', 'matte/matte.0001.png']);
  });
});

describe('hostile shot documents', () => {
  const prompt = (fields: object) => ({ frame: 0, ...fields });
  const point = { x: 9, y: 9, label: 'positive' };
  const shot = (fields: object, object: object = {}) => ({
    schema: 'roto.shot/1',
    source: { path: 'clip.mp4' },
    objects: [{ id: 1, name: 'hero', prompts: [prompt({ points: [point] })], ...object }],
    ...fields,
  });
  const twoObjects = [
    { id: 1, name: 'hero', prompts: [prompt({ points: [point] })] },
    { id: 2, name: 'HERO', prompts: [prompt({ points: [point] })] },
  ];

  it.each<readonly [string, ErrorCode, () => string]>([
    ['no JSON', 'invalid_shot', () => '{"schema":'],
    ['a list', 'invalid_shot', () => JSON.stringify([shot({})])],
    ['a later version', 'invalid_shot', () => JSON.stringify(shot({ schema: 'roto.shot/2' }))],
    ['text for a number', 'invalid_shot', () => JSON.stringify(shot({}, { id: '1' }))],
    ['a field nobody knows', 'invalid_shot', () => JSON.stringify(shot({ exec: 'rm -r /' }))],
    ['a name that is a path', 'invalid_shot', () => JSON.stringify(shot({}, { name: '../x' }))],
    [
      'two objects of one name',
      'invalid_shot',
      () => JSON.stringify(shot({ objects: twoObjects })),
    ],
    ['its fields in __proto__', 'invalid_shot', () => `{"__proto__":${JSON.stringify(shot({}))}}`],
    [
      'a constructor',
      'invalid_shot',
      () => `${JSON.stringify(shot({})).slice(0, -1)},"constructor":{}}`,
    ],
    [
      'a hundred thousand clicks',
      'invalid_shot',
      () => JSON.stringify(shot({}, { prompts: [prompt({ points: Array(100_000).fill(point) })] })),
    ],
    ['a million levels', 'invalid_shot', () => '['.repeat(1e6) + ']'.repeat(1e6)],
    ['17 MiB of it', 'invalid_shot', () => `"${'x'.repeat(17 * 2 ** 20)}"`],
    ['two million values', 'invalid_shot', () => `[${'1,'.repeat(2e6)}1]`],
    [
      'a path of another protocol',
      'source_not_found',
      () => JSON.stringify(shot({ source: { path: 'concat:clip.mp4|clip.mp4' } })),
    ],
    [
      'a path with a zero byte',
      'source_not_found',
      () => JSON.stringify(shot({ source: { path: 'clip.mp4\0.png' } })),
    ],
    [
      'a mask without end',
      'mask_unreadable',
      () => JSON.stringify(shot({}, { prompts: [prompt({ mask: '/dev/zero' })] })),
    ],
  ])('%s is %s, status 2, and nothing is written', async (_title, code, text) => {
    const document = join(folder, 'hostile.roto.json');
    await writeFile(document, text());
    expectRefusal(await mask('--shot', document, '--local', '--json'), code, 2);
    expect(await readdir(place)).toEqual([oddName]);
  });
});

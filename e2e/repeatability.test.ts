import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMatte } from '../examples/demo/score-mattes.ts';
import { countMovieFrames } from '../packages/inference/src/export/count-movie-frames.ts';
import { findFfmpeg } from '../packages/inference/src/media/find-ffmpeg.ts';
import { Plan, type Result } from '../packages/sdk/src/contract/index.ts';
import { balloon, clicksOf, writeClip, writeSequence } from './support/clips.ts';
import { fileHashes } from './support/file-hashes.ts';
import { eventsOf, progressOf, type RotoEnd, resultOf, runRoto } from './support/roto-process.ts';

const clip = balloon(96, 64, 6);
const [first, last] = [1001, 1006];
const quick = ['--local', '--quality', 'draft', '--input-size', '256'];
const hero = ['--object', 'hero', '--points', clicksOf(clip)];
const land = ['--object', 'land', '--box', '40,40,95,63@1002'];
const manyFormats = 'png16,tiff16,luma,prores4444,webm,greenscreen,rle,logits';

let folder = '';
let plate = '';
let result: Result;

const at = (name: string) => join(folder, name);
const inFolder = (...args: string[]) => runRoto([...args, '--cache', at('cache')], { cwd: folder });
const mask = (...args: string[]) => inFolder('mask', ...args, ...quick);
const heroAreas = ({ objects }: Result) => objects[0]?.frames.map(({ area }) => area) ?? [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-repeat-'));
  await writeClip(at('clip.mp4'), clip);
  plate = await writeSequence(at('plate'), at('clip.mp4'), first);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('one shot of two objects on frames 1001 to 1006', () => {
  const asked = (out: string) => [plate, ...hero, ...land, '-F', manyFormats, '-o', at(out)];
  let plan: Plan;

  it('--dry-run writes nothing', async () => {
    const before = (await readdir(folder)).filter((name) => name !== 'cache');
    const end = await mask(...asked('out'), '--dry-run', '--json');
    expect(end.status, end.stdout).toBe(0);
    plan = Plan.parse(JSON.parse(end.stdout));
    expect(plan).toMatchObject({ frames: 6, firstFrame: first, lastFrame: last });
    // Frames 1 to 6 of the one; the key, one before it and four after it of the other.
    expect(plan.stepsToTrack).toBe(12);
    expect((await readdir(folder)).filter((name) => name !== 'cache')).toEqual(before);
    const cached = existsSync(at('cache')) ? Object.keys(await fileHashes(at('cache'))) : [];
    expect(cached.filter((name) => !name.startsWith('fingerprints'))).toEqual([]);
  });

  it('a run writes the files the dry run named, and no other', async () => {
    const end = await mask(...asked('out'), '--save-shot', at('saved.roto.json'), '--json');
    result = resultOf(end);
    expect(result.objects.map(({ name }) => name)).toEqual(['hero', 'land']);
    const planned = plan.files.flatMap(({ path }) => expand(path));
    const written = Object.keys(await fileHashes(at('out'))).map((name) => join(at('out'), name));
    const sidecars = written.filter((path) => /\.json$/.test(path) && !/\.rle\.json$/.test(path));
    const outputs = written.filter((path) => !sidecars.includes(path));
    expect(new Set(outputs)).toEqual(new Set(planned));
    expect(sidecars.every((path) => /logits/.test(basename(path)))).toBe(true);
  });

  it('every format has as many frames as the plate, numbered like it', async () => {
    expect(result.outputs.map(({ format }) => format)).toHaveLength(15);
    for (const { format, path, firstFrame, lastFrame } of result.outputs) {
      expect({ format, firstFrame, lastFrame }).toEqual({
        format,
        firstFrame: first,
        lastFrame: last,
      });
      expect(await countFrames(path), format).toBe(6);
    }
    for (const object of result.objects) {
      expect(object.frames.map(({ frame }) => frame)).toEqual([1001, 1002, 1003, 1004, 1005, 1006]);
    }
  });

  it('--shot repeats the run of --save-shot byte for byte, in another folder and cache', async () => {
    const args = ['mask', '--shot', at('saved.roto.json'), '-o', at('again'), '--local'];
    const end = await runRoto([...args, '--cache', at('other-cache'), '--json-stream'], {
      cwd: tmpdir(),
    });
    expect(end.status, end.stdout).toBe(0);
    expect(progressOf(end, 'track')[0]?.reused).toBe(0);
    expect(await fileHashes(at('again'))).toEqual(await fileHashes(at('out')));
  });

  it.each(['png8', 'rgba'])(
    'its track gives %s as well, of a part of the range',
    async (format) => {
      const args = ['-F', format, '-r', '1002-1004', '-o', at(format), '--local', '--json'];
      const exported = resultOf(await inFolder('export', result.track, ...args));
      expect(exported.outputs).toHaveLength(2);
      expect(await readdir(join(at(format), 'land'))).toEqual(
        ['1002', '1003', '1004'].map((frame) => `land.${frame}.png`),
      );
      const areas = heroAreas(exported);
      expect(areas).toEqual(heroAreas(result).slice(1, 4));
    },
  );
});

describe('other ways to say it', () => {
  it('--start-frame renumbers what comes out, and prompts follow', async () => {
    const prompt = clicksOf(clip).replaceAll(/(\S+)/g, '$1@5');
    const args = [plate, '--start-frame', '5', '--points', prompt, '-o', at('five'), '--json'];
    const renumbered = resultOf(await mask(...args));
    expect(await readdir(at('five/matte'))).toEqual(
      ['0005', '0006', '0007', '0008', '0009', '0010'].map((frame) => `matte.${frame}.png`),
    );
    expect(heroAreas(renumbered)).toEqual(heroAreas(result));
  });

  it('--mask with --direction backward tracks towards the first frame and no further', async () => {
    const picture = join(at('png8'), 'hero', 'hero.1004.png');
    const back = ['--mask', `${picture}@1004`, '--direction', 'backward'];
    const backward = resultOf(await mask(plate, ...back, '-o', at('backward'), '--json'));
    const areas = heroAreas(backward);
    const known = heroAreas(result);
    for (const index of [0, 1, 2, 3]) {
      expect((areas[index] ?? 0) / (known[index] ?? 0)).toBeGreaterThan(0.6);
      expect((areas[index] ?? 0) / (known[index] ?? 0)).toBeLessThan(1.6);
    }
    expect(areas.slice(4)).toEqual([0, 0]);
  });

  it('a negative click on a later frame corrects the track, and the prompted frame stays', async () => {
    const file = join('hero', 'hero.1004.png');
    const { alpha } = await readMatte(join(at('out'), file));
    // The lowest pixel that is wholly in the matte: it is not the object, says the click.
    const lowest = alpha.lastIndexOf(255);
    expect(lowest).toBeGreaterThan(0);
    const [x, y] = [lowest % clip.width, Math.floor(lowest / clip.width)];
    const args = [plate, ...hero, '--negative', `${x + 0.5},${y + 0.5}@1004`];
    const end = await mask(...args, '-o', at('corrected'), '--json-stream');
    expect(end.status, end.stdout).toBe(0);
    expect(progressOf(end, 'track')[0]?.reused).toBeGreaterThanOrEqual(3);
    const corrected = resultInStream(end);
    expect(heroAreas(corrected)[0]).toBe(heroAreas(result)[0]);
    expect(heroAreas(corrected)[4]).not.toBe(heroAreas(result)[4]);
    expect((await readMatte(join(at('corrected'), file))).alpha[lowest]).toBeLessThan(128);
  });
});

/** A path of the plan as the paths it stands for. */
function expand(path: string): string[] {
  const frames = Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
  return path.includes('####') ? frames.map((frame) => path.replace('####', frame)) : [path];
}

async function countFrames(path: string): Promise<number> {
  if (path.includes('####')) {
    const ending = path.slice(path.lastIndexOf('.'));
    const names = await readdir(dirname(path));
    return names.filter((name) => name.endsWith(ending)).length;
  }
  if (path.endsWith('.json')) {
    const document: unknown = JSON.parse(await readFile(path, 'utf8'));
    return rleFrames(document);
  }
  return countMovieFrames(await findFfmpeg(), path, new AbortController().signal);
}

function rleFrames(document: unknown): number {
  const isFull = typeof document === 'object' && document !== null && 'frames' in document;
  return isFull && Array.isArray(document.frames) ? document.frames.length : 0;
}

function resultInStream(end: RotoEnd): Result {
  const event = eventsOf(end).at(-1);
  if (event?.event !== 'result') throw new Error(`Expected a result last: ${end.stdout}`);
  return event.result;
}

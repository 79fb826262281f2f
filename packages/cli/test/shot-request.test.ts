import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorDocument, parseShot } from '@roto/sdk/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRoto, shotOf } from './support/run-roto.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto cli "test" '));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const roto = (line: string | string[]) => runRoto(line, folder);

const click = 'mask shot.mp4 --points 42,31 --local';

describe('the shot that a command line asks for', () => {
  it('takes every option at once', async () => {
    const ran = await roto(
      'mask shot.mp4 --points 42,31 --negative 10,50 --box 1,2,30,40 --mask m.png --frame 1001 --range 1001-1010 --direction both --object hero -o out/ --format png16,prores4444 --json --local --engine lite --device cpu --model mobilesam --input-size 1024 --precision int8 --rate 24000/1001 --start-frame 1001 --choke 1 --feather 0.5 --fill-holes 9 --despeckle 7 --premultiplied --missing-frames hold --input-colorspace acescg --exposure -1.5 --quality draft --edge hard',
    );
    expect(ran.status).toBe(0);
    expect(shotOf(ran)).toEqual({
      schema: 'roto.shot/1',
      source: {
        path: 'shot.mp4',
        range: { first: 1001, last: 1010 },
        rate: { num: 24_000, den: 1001 },
        startFrame: 1001,
        missingFrames: 'hold',
        inputColorspace: 'acescg',
        exposure: -1.5,
      },
      objects: [
        {
          id: 1,
          name: 'hero',
          locked: [],
          prompts: [
            {
              frame: 1001,
              points: [
                { x: 42, y: 31, label: 'positive' },
                { x: 10, y: 50, label: 'negative' },
              ],
              box: { x1: 1, y1: 2, x2: 30, y2: 40 },
              mask: 'm.png',
            },
          ],
        },
      ],
      engine: {
        name: 'lite',
        device: 'cpu',
        model: 'mobilesam',
        inputSize: 1024,
        precision: 'int8',
        direction: 'both',
        quality: 'draft',
        preset: 'product',
      },
      matte: { choke: 1, feather: 0.5, fillHoles: 9, despeckle: 7, edge: 'hard' },
      outputs: [
        { format: 'png16', premultiplied: false, color: '#00b140', despill: false },
        { format: 'prores4444', premultiplied: true, color: '#00b140', despill: false },
      ],
    });
    expect(ran.backend.calls.map(({ name }) => name)).toEqual(['run']);
    expect(ran.backend.calls[0]).toMatchObject({
      options: { out: join(folder, 'out'), overwrite: false },
    });
  });

  it('takes a preset of SAM 2 and every part of it', async () => {
    const ran = await roto(
      'mask s.mp4 -p 1,1@1 --local --engine sam2 --model ./mine.pt --preset benchmark --retrack span --fill-hole-area 4 --memory-frames 5 --memory-stride 2 --max-cond-frames 0 --stable-multimask on --stability-delta 0.1 --stability-threshold 0.9 --binarize-prompts off',
    );
    expect(shotOf(ran).engine).toEqual({
      name: 'sam2',
      model: './mine.pt',
      device: 'auto',
      quality: 'standard',
      direction: 'both',
      preset: 'benchmark',
      retrack: 'span',
      fillHoleArea: 4,
      memoryFrames: 5,
      memoryStride: 2,
      maxCondFrames: 0,
      multimaskByStability: true,
      stabilityDelta: 0.1,
      stabilityThreshold: 0.9,
      binarizeMaskFromPoints: false,
    });
    for (const wrong of ['--memory-frames 8', '--stable-multimask maybe', '--preset fast']) {
      expect((await roto(`mask s.mp4 -p 1,1 --local ${wrong}`)).status).toBe(2);
    }
    const one = await roto('mask s.mp4 -p 1,1 --local --max-cond-frames 1');
    expect(one.status).toBe(2);
    expect(one.err).toContain('0 for all prompted frames, or 2 or more');
  });

  it('puts prompts without a frame on the first frame of the range, else of the clip', async () => {
    const clipped = await roto('mask s.mp4 --points 50%,50% --range 1005-1010 --local');
    expect(shotOf(clipped).objects[0]?.prompts).toEqual([
      { frame: 1005, points: [{ x: 100, y: 50, label: 'positive' }] },
    ]);
    const whole = await roto('mask s.mp4 --points 5,5 --object a --points 6,6@1007 --local');
    expect(shotOf(whole).objects.map(({ name, prompts }) => [name, prompts[0]?.frame])).toEqual([
      ['matte', 1001],
      ['a', 1007],
    ]);
  });

  it('keeps a clip name with spaces, quotes, a newline and a leading dash as it is', async () => {
    const name = '-shot "1"\n\'x\'.mp4';
    const ran = await roto(['mask', '--points', '1,1', '--local', '--', name]);
    expect(ran.status).toBe(0);
    expect(shotOf(ran).source.path).toBe(name);
  });

  it('takes a point left of the picture as a value, for the engine to judge', async () => {
    const ran = await roto('mask s.mp4 --points -5,3@1001 --local');
    expect(shotOf(ran).objects[0]?.prompts[0]?.points[0]).toMatchObject({ x: -5, y: 3 });
  });

  it('asks for a greenscreen in the colour named, from a clip and from a track', async () => {
    const fromClip = await roto([
      'greenscreen',
      's.mp4',
      '--points',
      '1,1',
      '--color',
      '#0047BB',
      '--despill',
      '--local',
    ]);
    const output = { format: 'greenscreen', premultiplied: false, color: '#0047bb', despill: true };
    expect(shotOf(fromClip).outputs).toEqual([output]);
    const fromTrack = await roto('greenscreen trk_4f1c --choke 1 --range 1001-1005 --local');
    expect(fromTrack.backend.calls[0]).toMatchObject({
      name: 'export',
      track: 'trk_4f1c',
      options: {
        matte: { choke: 1 },
        range: { first: 1001, last: 1005 },
        outputs: [{ format: 'greenscreen', color: '#00b140', despill: false }],
      },
    });
    const fromDocument = await roto('export hero.roto.json --format luma --local');
    expect(fromDocument.backend.calls[0]).toMatchObject({ track: join(folder, 'hero.roto.json') });
  });
});

describe('shot documents', () => {
  it('saves a document that repeats the run exactly, with paths from the document', async () => {
    const path = join(folder, 'saved.roto.json');
    const first = await roto([
      ...'mask plates/a.mp4 --points 5,5 --mask masks/m.png@1003 --choke 2 --local --save-shot'.split(
        ' ',
      ),
      path,
    ]);
    expect(first.status).toBe(0);
    const saved = parseShot(JSON.parse(await readFile(path, 'utf8')));
    expect(saved.source.path).toBe('plates/a.mp4');
    expect(saved.objects[0]?.prompts[1]?.mask).toBe('masks/m.png');
    expect(saved.engine).toMatchObject({ name: 'lite', model: 'mobilesam', device: 'cpu' });
    const again = await roto('mask --shot saved.roto.json --local');
    expect(again.status).toBe(0);
    expect(shotOf(again)).toEqual(saved);
    expect(again.backend.calls[0]?.options).toMatchObject({ base: folder });
    const refused = await roto(`${click} --save-shot saved.roto.json`);
    expect(refused.status).toBe(2);
    expect(refused.backend.calls).toEqual([]);
    const replaced = await roto(`${click} --save-shot saved.roto.json --overwrite`);
    expect(replaced.status).toBe(0);
    expect(parseShot(JSON.parse(await readFile(path, 'utf8'))).source.path).toBe('shot.mp4');
  });

  it('lets options override settings, the clip and the outputs of a document', async () => {
    await writeFile(
      join(folder, 'base.roto.json'),
      JSON.stringify({
        schema: 'roto.shot/1',
        source: { path: 'v1.mp4', range: { first: 1001, last: 1010 }, exposure: 1 },
        objects: [
          {
            id: 7,
            name: 'dog',
            prompts: [{ frame: 1002, mask: 'm.png' }],
            locked: [{ first: 1004, last: 1005, prompts: [{ frame: 1004 }] }],
          },
        ],
        matte: { choke: 3, feather: 1 },
        outputs: [{ format: 'webm', premultiplied: true }],
      }),
    );
    const kept = shotOf(await roto('mask --shot base.roto.json --local'));
    expect(kept.outputs).toMatchObject([{ format: 'webm', premultiplied: true }]);
    const changed = shotOf(
      await roto('mask v2.mp4 --shot base.roto.json --choke -1 --format rle --device cpu --local'),
    );
    expect(changed.source).toMatchObject({ path: join(folder, 'v2.mp4'), exposure: 1 });
    expect(changed.matte).toMatchObject({ choke: -1, feather: 1 });
    expect(changed.outputs.map(({ format }) => format)).toEqual(['rle']);
    expect(changed.engine.device).toBe('cpu');
    const moved = shotOf(await roto('mask --shot base.roto.json --start-frame 1 --local'));
    expect(moved.source).toMatchObject({ startFrame: 1, range: { first: 1, last: 10 } });
    expect(moved.objects[0]?.prompts[0]?.frame).toBe(2);
    expect(moved.objects[0]?.locked[0]).toMatchObject({
      first: 4,
      last: 5,
      prompts: [{ frame: 4 }],
    });
  });

  it.each([
    ['text that is no JSON', 'hello', undefined],
    ['another version', '{"schema":"roto.shot/2"}', 'schema'],
    ['a wrong field', '{"schema":"roto.shot/1","source":{"path":3},"objects":[]}', 'source.path'],
    ['a hundred thousand brackets', '['.repeat(100_000) + ']'.repeat(100_000), undefined],
    ['a document of 17 MiB', ' '.repeat(17 * 1024 * 1024), undefined],
  ])('refuses %s with one sentence and the path of the field', async (title, text, param) => {
    const path = join(folder, `${title}.roto.json`);
    await writeFile(path, text);
    const { status, out } = await roto(['mask', '--shot', path, '--local', '--json']);
    expect(status).toBe(2);
    const { error } = ErrorDocument.parse(JSON.parse(out));
    expect(error.code).toBe('invalid_shot');
    if (param !== undefined) expect(error.param).toBe(param);
  });

  it('refuses a document that is a device, which has no end', async () => {
    await symlink('/dev/zero', join(folder, 'endless.roto.json'));
    const { status } = await roto('mask --shot endless.roto.json --local');
    expect(status).toBe(2);
  });
});

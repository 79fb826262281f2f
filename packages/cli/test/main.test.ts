import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ClearedDocument,
  DoctorDocument,
  type ErrorCode,
  ErrorDocument,
  errorKinds,
  isErrorCode,
  ModelsDocument,
  Plan,
  PreviewDocument,
  parseShot,
  Result,
  RotoError,
  RunEvent,
  TracksDocument,
} from '@roto/sdk/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../src/errors/exit-codes.ts';
import { main } from '../src/main.ts';
import { version } from '../src/version.ts';
import {
  createFakeBackend,
  type FakeBackend,
  type FakeBackendOptions,
  healthy,
} from './support/fake-backend.ts';
import { createFakeIo, KeptStream } from './support/fake-io.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto cli "test" '));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly backend: FakeBackend;
}

async function roto(line: string | string[], options: FakeBackendOptions = {}): Promise<Ran> {
  const argv = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  const io = createFakeIo({ cwd: folder });
  const backend = createFakeBackend(options);
  const status = await main(argv, io, { loadBackend: () => Promise.resolve(backend) });
  return { status, out: io.stdout.text, err: io.stderr.text, backend };
}

function shotOf({ backend }: Ran) {
  const call = backend.calls.find(({ name }) => name !== 'probe');
  if (call === undefined || !('shot' in call)) throw new Error('Expected a shot to be run');
  return call.shot;
}

const click = 'mask shot.mp4 --points 42,31 --local';

describe('results', () => {
  it('prints files and the track on stdout and progress on stderr', async () => {
    const { status, out, err } = await roto(click);
    expect(status).toBe(0);
    expect(out).toBe(
      [
        'matte  found on 15 of 20 frames, not on 1016-1020',
        `png16  ${folder}/out/matte/matte.####.png`,
        'lite engine (mobilesam, abcdef01) on cpu, 5.0 s',
        'track trk_4f1c22: other formats with roto export trk_4f1c22 --local',
        '',
      ].join('\n'),
    );
    expect(err.split('\n')[0]).toBe(
      '/shots/shot.mp4: 200x100, 24 fps, frames 1001-1020; lite engine (mobilesam) on cpu',
    );
    expect(err).toContain('track 10 % (2 of 20, 4.0 frames/s, 4.5 s left)');
    expect(err).toContain('warning: The width was padded.');
  });

  it('prints nothing on stderr with --quiet', async () => {
    const { err, out } = await roto(`${click} --quiet`);
    expect(err).toBe('');
    expect(out).toContain('png16');
  });

  it.each([
    [`${click} --json`, Result],
    [`${click} --dry-run --json`, Plan],
    ['greenscreen trk_4f1c --local --json', Result],
    ['greenscreen shot.mp4 --points 1,1 --local --json', Result],
    ['export trk_4f1c --local --json', Result],
    ['preview shot.mp4 --points 1,1 --local --json', PreviewDocument],
    ['models list --json', ModelsDocument],
    ['cache list --json', TracksDocument],
    ['cache clear --json', ClearedDocument],
    ['doctor --json', DoctorDocument],
  ])('prints exactly one document of the contract for %s', async (line, schema) => {
    const { status, out } = await roto(line);
    expect(status).toBe(0);
    expect(out.endsWith('\n')).toBe(true);
    expect(out.trimEnd()).not.toContain('\n');
    const document: unknown = JSON.parse(out);
    expect(schema.parse(document)).toEqual(document);
  });

  it('streams events of the contract, one a line, from start to result', async () => {
    const { status, out, err } = await roto(`${click} --json-stream`);
    expect(status).toBe(0);
    expect(err).toBe('');
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => RunEvent.parse(JSON.parse(line)).event);
    expect(events[0]).toBe('start');
    expect(events.at(-1)).toBe('result');
    expect(events.filter((event) => event === 'progress')).toHaveLength(40);
    expect(events).toContain('warning');
  });

  it('says in a dry run which files would be refused, and runs nothing', async () => {
    const { out, status, backend } = await roto(`${click} --dry-run`);
    expect(status).toBe(0);
    expect(out).toContain('frames  1001-1020 (20 frames), 19 steps to track');
    expect(out).toContain('refused: is there already, --overwrite replaces it');
    expect(backend.calls.map(({ name }) => name)).toEqual(['probe', 'plan']);
  });

  it('lists models with licences, tracks and the state of the machine', async () => {
    const models = await roto('models list');
    expect(models.out).toContain('licence  Apache-2.0');
    const tracks = await roto('cache list');
    expect(tracks.out).toContain('trk_4f1c22  hero  frames 1001-1020');
    const cleared = await roto('cache clear trk_4f1c trk_9');
    expect(cleared.out).toBe('2 tracks removed, 1.5 MB\n');
    expect(cleared.backend.calls[0]?.options).toEqual({ tracks: ['trk_4f1c', 'trk_9'] });
    const doctor = await roto('doctor');
    expect(doctor.out).toContain('provider   cuda not usable: its libraries are not installed');
    expect(doctor.out).toContain('Everything a local run needs is here.');
  });

  it('ends doctor with the status of the engine where local runs cannot work', async () => {
    const problem = { severity: 'error', code: 'ffmpeg_missing', message: 'No ffmpeg.' } as const;
    const { status, out } = await roto('doctor --json', {
      diagnosis: { ...healthy, problems: [problem] },
    });
    expect(status).toBe(exitCodes.engine.status);
    expect(DoctorDocument.parse(JSON.parse(out)).problems).toEqual([problem]);
    const warned = await roto('doctor', {
      diagnosis: { ...healthy, problems: [{ ...problem, severity: 'warning' }] },
    });
    expect(warned.status).toBe(0);
  });

  it('escapes control characters of file names in what a person reads', async () => {
    const evil = new RotoError('source_not_found', 'Expected a clip at a\nb\u001b[2J.');
    const { err } = await roto(click, { fails: evil });
    expect(err).toBe('roto: Expected a clip at a\\nb\\u001b[2J.\n');
  });
});

describe('the shot that a command line asks for', () => {
  it('takes every option of the issue at once', async () => {
    const ran = await roto(
      'mask shot.mp4 --points 42,31 --negative 10,50 --box 1,2,30,40 --mask m.png --frame 1001 --range 1001-1010 --direction both --object hero -o out/ --format png16,prores4444 --json --local --engine lite --device cpu --model mobilesam --input-size 1024 --rate 24000/1001 --start-frame 1001 --choke 1 --feather 0.5 --fill-holes 9 --despeckle 7 --premultiplied --missing-frames hold --input-colorspace acescg --exposure -1.5 --quality draft --edge hard',
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
        direction: 'both',
        quality: 'draft',
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

describe('failures', () => {
  it('has one exit status for each kind of error, and every code has a kind with one', async () => {
    const codes = Object.keys(errorKinds).filter(isErrorCode);
    for (const code of codes) {
      const { status, out } = await roto(`${click} --json`, {
        fails: new RotoError(code, 'It did not work.'),
      });
      expect([code, status]).toEqual([code, exitCodes[errorKinds[code]].status]);
      expect(ErrorDocument.parse(JSON.parse(out)).error.code).toBe(code);
    }
    expect(Object.values(exitCodes).map(({ status }) => status)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 130, 143,
    ]);
  });

  const bad: [string, ErrorCode, string | undefined, number][] = [
    ['', 'invalid_argument', undefined, 2],
    ['maks shot.mp4', 'invalid_argument', undefined, 2],
    ['mask shot.mp4 --pionts 1,1', 'invalid_argument', undefined, 2],
    ['mask shot.mp4 other.mp4 --points 1,1 --local', 'invalid_argument', undefined, 2],
    ['mask --points 1,1 --local', 'invalid_argument', 'clip', 2],
    ['mask shot.mp4 --local', 'prompt_missing', '--points', 2],
    ['mask shot.mp4 --object a --local', 'prompt_missing', '--object', 2],
    ['mask shot.mp4 --points NaN,1 --local', 'invalid_argument', '--points', 2],
    ['mask shot.mp4 --points Infinity,1 --local', 'invalid_argument', '--points', 2],
    ['mask shot.mp4 --box 5,5,1,1 --local', 'invalid_argument', '--box', 2],
    ['mask shot.mp4 --points 1,1 --frame 1.5 --local', 'invalid_argument', '--frame', 2],
    ['mask shot.mp4 --points 1,1 --range 9-1 --local', 'invalid_argument', '--range', 2],
    ['mask shot.mp4 --points 1,1 --rate 0 --local', 'invalid_argument', '--rate', 2],
    ['mask shot.mp4 --points 1,1 --choke 101 --local', 'invalid_argument', '--choke', 2],
    ['mask shot.mp4 --points 1,1 --feather NaN --local', 'invalid_argument', '--feather', 2],
    ['mask shot.mp4 --points 1,1 --input-size 10 --local', 'invalid_argument', '--input-size', 2],
    ['mask shot.mp4 --points 1,1 --device gpu --local', 'invalid_argument', '--device', 2],
    ['mask shot.mp4 --points 1,1 --engine sam3 --local', 'invalid_argument', '--engine', 2],
    ['mask shot.mp4 --points 1,1 --direction up --local', 'invalid_argument', '--direction', 2],
    ['mask shot.mp4 --points 1,1 --format gif --local', 'unknown_format', '--format', 2],
    [
      'mask shot.mp4 --points 1,1 --premultiplied --local',
      'invalid_argument',
      '--premultiplied',
      2,
    ],
    ['mask shot.mp4 --points 1,1 --color #000000 --local', 'invalid_argument', '--color', 2],
    ['mask shot.mp4 --points 1,1 --object a/b --local', 'invalid_argument', '--object', 2],
    ['mask --shot nowhere.roto.json --local', 'source_not_found', '--shot', 2],
    ['mask --shot x.roto.json --points 1,1 --local', 'invalid_argument', '--shot', 2],
    [
      'mask shot.mp4 --points 1,1 --save-shot no/where.json --local',
      'output_unwritable',
      '--save-shot',
      2,
    ],
    ['export shot.mp4 --local', 'track_not_found', 'track', 2],
    ['export --local', 'invalid_argument', undefined, 2],
    ['greenscreen trk_1 --points 1,1 --local', 'invalid_argument', '--points', 2],
    ['greenscreen trk_1 --dry-run --local', 'invalid_argument', '--dry-run', 2],
    [
      'preview s.mp4 --points 1,1 --frame 1 --object b --points 2,2 --frame 2 --local',
      'invalid_argument',
      '--frame',
      2,
    ],
    ['cache', 'invalid_argument', undefined, 2],
    ['mask --shot x.roto.json --frame 3 --local', 'invalid_argument', '--frame', 2],
    ['cache lst', 'invalid_argument', undefined, 2],
    ['help maks', 'invalid_argument', 'command', 2],
    ['mask shot.mp4 --points 1,1', 'unauthenticated', '--local', 3],
    ['preview shot.mp4 --points 1,1', 'unauthenticated', '--local', 3],
    ['greenscreen trk_4f1c', 'unauthenticated', '--local', 3],
    ['export trk_4f1c', 'unauthenticated', '--local', 3],
  ];

  it.each(bad)('answers "roto %s" with %s and one sentence', async (line, code, param, status) => {
    const text = await roto(line);
    expect(text.status).toBe(status);
    expect(text.out).toBe('');
    expect(text.err).toMatch(/^roto: [A-Z][^\n]*\.$/m);
    const json = await roto(`${line} --json`);
    expect(json.status).toBe(status);
    const { error } = ErrorDocument.parse(JSON.parse(json.out));
    expect(error.code).toBe(code);
    expect(error.param).toBe(param);
    expect(text.backend.calls.filter(({ name }) => name !== 'probe')).toEqual([]);
  });

  it('answers an option without its value in one sentence', async () => {
    const { status, err, out } = await roto('mask shot.mp4 --points');
    expect([status, out]).toEqual([2, '']);
    expect(err).toMatch(/^roto: Option '-p, --points [^\n]*' argument missing\.$/m);
  });

  it('refuses a stream of events for a plan, which is one document', async () => {
    const { status, out } = await roto(`${click} --dry-run --json-stream`);
    expect(status).toBe(2);
    expect(RunEvent.parse(JSON.parse(out))).toMatchObject({
      event: 'error',
      error: { code: 'invalid_argument', param: '--json-stream' },
    });
  });

  it('suggests what was meant', async () => {
    expect((await roto('maks')).err).toContain('Did you mean mask?');
    expect((await roto('mask s.mp4 --pionts 1,1')).err).toContain('Did you mean --points?');
  });

  it('names --local and a server in the one sentence for a run that has neither', async () => {
    const { err } = await roto('mask shot.mp4 --points 1,1');
    expect(err.split('\n')[0]).toMatch(/--local .* roto server/);
  });

  it('tells a fault inside roto from a wrong argument, and shows where on request', async () => {
    const fault = new TypeError('x is not a function');
    const { status, err } = await roto(click, { fails: fault });
    expect(status).toBe(1);
    expect(err).toContain('Something inside roto failed: x is not a function');
    expect(err).not.toContain('main.test.ts');
    const io = createFakeIo({ cwd: folder, env: { ROTO_DEBUG: '1' } });
    await main(click.split(' '), io, {
      loadBackend: () => Promise.resolve(createFakeBackend({ fails: fault })),
    });
    expect(io.stderr.text).toContain('main.test.ts');
  });

  it('writes the error as the last event of a stream', async () => {
    const { out, status } = await roto(`${click} --json-stream`, {
      fails: new RotoError('disk_full', 'The disk is full.'),
    });
    expect(status).toBe(1);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => RunEvent.parse(JSON.parse(line)));
    expect(events.at(-1)).toEqual({
      event: 'error',
      error: { code: 'disk_full', message: 'The disk is full.' },
    });
  });

  it.each([
    ['interrupted', 130],
    ['terminated', 143],
  ] as const)(
    'ends a run that was %s with status %d and still prints the document',
    async (code, status) => {
      const controller = new AbortController();
      const io = createFakeIo({ cwd: folder, signal: controller.signal });
      const reason = new RotoError(code, 'Stopped.');
      const backend = createFakeBackend({ onStuck: () => controller.abort(reason) });
      const ended = await main([...click.split(' '), '--json'], io, {
        loadBackend: () => Promise.resolve(backend),
      });
      expect(ended).toBe(status);
      expect(ErrorDocument.parse(JSON.parse(io.stdout.text)).error.code).toBe(code);
    },
  );
});

describe('help', () => {
  it('prints the version', async () => {
    expect(await roto('--version')).toMatchObject({ status: 0, out: `${version}\n`, err: '' });
  });

  it.each(['--help', 'help', 'help mask', 'mask --help', 'help exit-codes', 'help cache list'])(
    'prints help on stdout and ends well for roto %s',
    async (line) => {
      const { status, out, err } = await roto(line);
      expect(status).toBe(0);
      expect(err).toBe('');
      expect(out.length).toBeGreaterThan(100);
    },
  );

  it('shows every command, and the same page by both ways', async () => {
    const { out } = await roto('help');
    for (const name of ['mask', 'preview', 'greenscreen', 'export', 'models', 'cache', 'doctor']) {
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
      expect((await roto(`help ${name}`)).out).toBe((await roto(`${name} --help`)).out);
    }
  });

  it('lists every exit status once', async () => {
    const { out } = await roto('help exit-codes');
    for (const { status, meaning } of Object.values(exitCodes)) {
      const line = out.split('\n').filter((text) => Number.parseInt(text, 10) === status);
      expect(line).toHaveLength(1);
      expect(line[0]).toContain(meaning);
    }
  });

  it('stays inside the terminal', async () => {
    const io = createFakeIo({ stdout: new KeptStream({ isTTY: true, columns: 72 }) });
    await main(['help', 'doctor'], io);
    const widest = Math.max(...io.stdout.text.split('\n').map((line) => line.length));
    expect(widest).toBeLessThanOrEqual(72);
  });
});

it.each([
  'roto',
  'roto mask',
  'roto preview',
  'roto greenscreen',
  'roto export',
  'roto cache clear',
  'roto help prompts',
  'roto help formats',
  'roto help exit-codes',
])('keeps the help of %s as it was read and approved', async (line) => {
  const [, ...words] = line.split(' ');
  const page = words[0] === 'help' ? words : ['help', ...words];
  const { out } = await roto(page);
  expect(out).toMatchSnapshot();
});

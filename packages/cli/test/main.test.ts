import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
  Result,
  RotoError,
  RunEvent,
  TracksDocument,
} from '@roto/sdk/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../src/errors/exit-codes.ts';
import { main } from '../src/main.ts';
import { createFakeBackend, type FakeBackendOptions, healthy } from './support/fake-backend.ts';
import { createFakeIo } from './support/fake-io.ts';
import { runRoto } from './support/run-roto.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto cli "test" '));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const roto = (line: string | string[], options?: FakeBackendOptions) =>
  runRoto(line, folder, options);

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

  it('prints nothing on stderr with --quiet, and says with the result what it warns of', async () => {
    const { err, out } = await roto(`${click} --quiet`);
    expect(err).toBe('');
    expect(out).toContain('png16');
    expect(out).toContain('warning: The width was padded.\n');
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

  const fromEngine = [
    ['source_not_found', 'source.path', 'clip'],
    ['frame_out_of_range', 'source.range', '--range'],
    ['prompt_outside_picture', 'box', '--box'],
    ['ffmpeg_missing', 'ROTO_FFMPEG', 'ROTO_FFMPEG'],
  ] as const;

  it.each(fromEngine)(
    'names what %s of the engine is about as it was written',
    async (code, param, flag) => {
      const fails = new RotoError(code, 'It is wrong.', { param, hint: 'Change it.' });
      const { out } = await roto(`${click} --json`, { fails });
      expect(ErrorDocument.parse(JSON.parse(out)).error).toEqual({
        code,
        message: 'It is wrong.',
        param: flag,
        hint: 'Change it.',
      });
    },
  );

  it('names fields where the shot came from a document', async () => {
    const document = { schema: 'roto.shot/1', source: { path: 'shot.mp4' } };
    const objects = [
      { id: 1, name: 'a', prompts: [{ frame: 0, box: { x1: 1, y1: 1, x2: 9, y2: 9 } }] },
    ];
    await writeFile(join(folder, 'a.roto.json'), JSON.stringify({ ...document, objects }));
    const fails = new RotoError('source_not_found', 'It is not there.', { param: 'source.path' });
    const { out } = await roto('mask --shot a.roto.json --local --json', { fails });
    expect(ErrorDocument.parse(JSON.parse(out)).error.param).toBe('source.path');
  });

  it('says in flags what the engine can only say in words', async () => {
    const gap = new RotoError('sequence_gap', 'Frame 3 is missing.', {
      hint: 'Set missingFrames.',
    });
    const { err } = await roto(click, { fails: gap });
    expect(err).toContain('--missing-frames hold or black');
    expect(err).not.toContain('missingFrames');
    const there = new RotoError('output_exists', 'It is there.', { hint: 'Allow overwriting.' });
    expect((await roto(click, { fails: there })).err).toContain('--overwrite');
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

import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  ErrorDocument,
  PreviewDocument,
  Result,
  RotoError,
  RunEvent,
  Shot,
  TasksDocument,
} from '@roto/sdk/contract';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ClipFolder, moving } from '../../inference/test/media-clips.ts';
import { type AccountServer, startAccountServer } from './support/account-server.ts';

const clips = new ClipFolder();
let server: AccountServer;
let movie: string;

beforeAll(async () => {
  await clips.open();
  await clips.make('plate.mkv', moving(4, '96x64', '24'), ['-c:v', 'ffv1', '-pix_fmt', 'bgr0']);
  movie = join(clips.path, 'plate.mkv');
  server = await startAccountServer({ ROTO_CREDITS: 'off' });
  await server.signIn('ada@example.com');
  await writePlates(server.folder);
  await writeFile(join(server.folder, 'hero.roto.json'), JSON.stringify(heroShot(movie)));
  // The worker looks round in its child before it takes tasks.
  const looking = ['mask', movie, '--points', '9,9', '--dry-run', '--json'];
  const isReady = async () => (await server.roto(looking)).out.includes('"device":"cpu"');
  await vi.waitUntil(isReady, { timeout: 60_000, interval: 100 });
}, 180_000);

afterAll(async () => {
  await server.close();
  await clips.close();
});

/** Frames 1001 to 1004, of which 1003 is missing: a bright square that moves. */
async function writePlates(folder: string): Promise<void> {
  const [width, height] = [96, 64];
  for (const frame of [1001, 1002, 1004]) {
    const left = 10 + (frame - 1001) * 4;
    const data = new Uint8Array(width * height * 3);
    for (let at = 0; at < width * height; at += 1) {
      const [x, y] = [at % width, Math.floor(at / width)];
      const isSquare = x >= left && x < left + 24 && y >= 16 && y < 40;
      data.set(isSquare ? [232, 208, 32] : [32, 48, 64], at * 3);
    }
    const png = encode({ width, height, data, channels: 3, depth: 8 });
    await writeFile(join(folder, `plate.${frame}.png`), png);
  }
}

function heroShot(path: string) {
  const points = [{ x: 48, y: 32, label: 'positive' }];
  return {
    schema: 'roto.shot/1',
    source: { path },
    objects: [
      { id: 1, name: 'hero', prompts: [{ frame: 1, points }] },
      { id: 2, name: 'rest', prompts: [{ frame: 0, box: { x1: 2, y1: 2, x2: 40, y2: 40 } }] },
    ],
    engine: { name: 'lite', quality: 'draft', inputSize: 256 },
    matte: { choke: 0.5 },
    outputs: [{ format: 'png8' }, { format: 'rle' }],
  };
}

const quick = ['--quality', 'draft', '--input-size', '256'];
const gap = ['--missing-frames', 'hold'];

/** Runs a command line here and on the server; `out` is the folder of each way. */
async function bothWays(words: readonly string[]) {
  const cache = join(server.folder, 'cache');
  const run = async (way: string, more: readonly string[]) => {
    const out = join(server.folder, `${way}-${words.join('-').replace(/\W+/g, '-')}`);
    const { status, out: said, err } = await server.roto([...words, '--json', '-o', out, ...more]);
    return { status, out, said, err, files: await filesBelow(out) };
  };
  return {
    local: await run('local', ['--local', '--cache', cache]),
    remote: await run('remote', []),
  };
}

/** SHA-256 of files by their relative paths; movies carry the time they were made. */
async function filesBelow(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files: Record<string, string> = {};
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    files[relative(folder, path)] = /\.(mp4|mov|webm)$/.test(path) ? 'a movie' : hash;
  }
  return files;
}

/** The compressed pixels of a PNG, without the text that says what made it. */
async function pixelsOf(folder: string, path: string): Promise<Buffer> {
  const png = await readFile(join(folder, path));
  return png.subarray(png.indexOf('IDAT'));
}

/** What two runs of one shot have to say alike: all but the folder, the track and the time taken. */
function comparable({ said, out }: { readonly said: string; readonly out: string }) {
  const { track: _track, timings: _timings, warnings, ...rest } = Result.parse(JSON.parse(said));
  return {
    ...rest,
    outputs: rest.outputs.map((output) => ({ ...output, path: relative(out, output.path) })),
    warnings: warnings.map(({ code }) => code),
  };
}

describe('the same command here and on a server', () => {
  it.each([
    ['a movie', () => ['mask', movie, '--points', '50%,50%', ...quick]],
    [
      'a sequence with a gap',
      () => ['mask', 'plate.####.png', '--points', '22,28', ...quick, ...gap],
    ],
    [
      'a part of a sequence',
      () => ['mask', 'plate.####.png', '-p', '22,28@1001', '-r', '1001-1002', ...quick, ...gap],
    ],
    ['a shot document', () => ['mask', '--shot', 'hero.roto.json']],
    [
      'a document with settings over it',
      () => ['mask', '--shot', 'hero.roto.json', '-F', 'png16', '--feather', '1', '--range', '0-2'],
    ],
    ['a greenscreen', () => ['greenscreen', movie, '--points', '50%,50%', ...quick, '--despill']],
  ])('gives the same files, document and status for %s', async (_title, words) => {
    const { local, remote } = await bothWays(words());
    expect([local.status, local.err, remote.err]).toEqual([0, local.err, remote.err]);
    expect([remote.status, remote.said]).toEqual([0, expect.stringContaining('roto.result/1')]);
    expect(Object.keys(local.files).length).toBeGreaterThan(0);
    expect(remote.files).toEqual(local.files);
    expect(comparable(remote)).toEqual(comparable(local));
  });

  it('gives the same mattes for a part of a sequence that has a gap elsewhere', async () => {
    const part = ['mask', 'plate.####.png', '-p', '22,28', '-r', '1001-1002', ...quick];
    const { local, remote } = await bothWays(part);
    expect([local.status, remote.status]).toEqual([0, 0]);
    // Only that part is sent: of the gap nobody is told, and the files name another sum of frames.
    const warnings = [...comparable(remote).warnings, 'sequence_gap'];
    expect({ ...comparable(remote), warnings }).toEqual(comparable(local));
    for (const file of ['matte/matte.1001.png', 'matte/matte.1002.png']) {
      expect(await pixelsOf(remote.out, file)).toEqual(await pixelsOf(local.out, file));
    }
  });

  it.each([
    ['a clip that is not there', () => ['mask', 'nowhere.mov', '--points', '1,1', ...quick]],
    ['nothing to cut out', () => ['mask', movie]],
    ['a range beyond the clip', () => ['mask', movie, '-p', '9,9@0', '-r', '0-99', ...quick]],
    ['a click beside the picture', () => ['mask', movie, '-p', '999,9@0', ...quick]],
    ['a mask that is not there', () => ['mask', movie, '-m', 'no.png@0', ...quick]],
    [
      'two outputs in one place',
      () => ['mask', movie, '-p', '9,9@0', '-F', 'png8,png16', ...quick],
    ],
    ['a document that is none', () => ['mask', '--shot', 'plate.1001.png']],
  ])('fails alike, with nothing written, for %s', async (_title, words) => {
    const { local, remote } = await bothWays(words());
    const codeOf = ({ said }: { readonly said: string }) =>
      ErrorDocument.parse(JSON.parse(said)).error.code;
    expect([remote.status, codeOf(remote)]).toEqual([local.status, codeOf(local)]);
    expect([local.files, remote.files]).toEqual([{}, {}]);
  });
});

describe('a run on a server', () => {
  it('streams the events of a local one, and writes the document that repeats it', async () => {
    const words = ['mask', movie, '-p', '48,32@0', ...quick, '-o', 'streamed', '--json-stream'];
    const { status, out } = await server.roto([...words, '--save-shot', 'again.roto.json']);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => RunEvent.parse(JSON.parse(line)));
    expect(status).toBe(0);
    expect(events.find(({ event }) => event !== 'warning')?.event).not.toBe('result');
    expect(events.filter(({ event }) => event === 'start')).toHaveLength(1);
    expect(events.at(-1)?.event).toBe('result');
    const saved = Shot.parse(
      JSON.parse(await readFile(join(server.folder, 'again.roto.json'), 'utf8')),
    );
    expect(saved.engine).toMatchObject({ name: 'lite', model: 'mobilesam' });
    const again = await server.roto([
      'mask',
      '--shot',
      'again.roto.json',
      '-o',
      'repeated',
      '--json',
    ]);
    expect(again.status).toBe(0);
    expect(await filesBelow(join(server.folder, 'repeated'))).toEqual(
      await filesBelow(join(server.folder, 'streamed')),
    );
  });

  it('is exported in other formats by its task, and refuses what is there before it runs', async () => {
    const words = ['mask', movie, '-p', '48,32@0', ...quick, '-o', 'first'];
    const { track } = Result.parse(await server.document(words));
    expect(track).toMatch(/^tsk_/);
    const exported = ['export', track, '-F', 'rle', '--range', '1-2', '-o', 'more'];
    const result = Result.parse(await server.document(exported));
    expect(result.outputs).toMatchObject([{ format: 'rle', firstFrame: 1, lastFrame: 2 }]);
    const refused = await server.roto([...words, '--json']);
    expect([refused.status, ErrorDocument.parse(JSON.parse(refused.out)).error.code]).toEqual([
      2,
      'output_exists',
    ]);
  });

  it('previews a frame, and writes its mattes where a local run does', async () => {
    const words = ['preview', movie, '-p', '48,32', '--object', 'hero', '--frame', '1'];
    const shown = PreviewDocument.parse(await server.document([...words, '-o', 'look']));
    expect(shown).toMatchObject({ frame: 1, engine: 'lite', model: { id: 'mobilesam' } });
    expect(shown.objects[0]?.area).toBeGreaterThan(0);
    const files = await filesBelow(join(server.folder, 'look'));
    expect(new Set(Object.keys(files))).toEqual(
      new Set(['hero/hero.0001.png', 'overlay.0001.png']),
    );
  });

  it('is cancelled there by Ctrl-C, and ends with the status of one here', async () => {
    const newest = async () =>
      TasksDocument.parse(await server.document(['tasks', 'list', '--limit', '1'])).tasks[0];
    const before = (await newest())?.id;
    const stop = new AbortController();
    const words = ['mask', movie, '-p', '20,20@0', '--engine', 'lite', '-o', 'stopped', '--json'];
    const running = server.roto(words, { signal: stop.signal });
    await vi.waitUntil(async () => (await newest())?.id !== before, { timeout: 60_000 });
    stop.abort(new RotoError('interrupted', 'Stopped by Ctrl-C.'));
    const { status, out } = await running;
    expect([status, ErrorDocument.parse(JSON.parse(out)).error.code]).toEqual([130, 'interrupted']);
    expect((await newest())?.status).toBe('cancelled');
    expect(await filesBelow(join(server.folder, 'stopped'))).toEqual({});
  });
});

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ClearedDocument,
  ErrorDocument,
  PreviewDocument,
  Result,
  RunEvent,
  TracksDocument,
} from '@roto/sdk/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClipFolder, moving } from '../../inference/test/media-clips.ts';
import { main } from '../src/main.ts';
import { createFakeIo } from './support/fake-io.ts';

/** Made by ffmpeg; the commands run in it, on the real engine. */
const folder = new ClipFolder();
const oddName = '-my "odd" \'clip\'\n.mkv';
const lossless = ['-c:v', 'ffv1', '-pix_fmt', 'bgr0'];

beforeAll(async () => {
  await folder.open();
  await folder.make('plate.mkv', moving(6, '96x64', '24'), lossless);
  await folder.make(oddName, { lavfi: 'testsrc=s=63x47:r=24,trim=end_frame=3' }, lossless);
}, 120_000);

afterAll(() => folder.close());

/** Runs a command as a person would, `--local` on top, with a cache of its own. */
async function roto(command: string, words: readonly string[]) {
  const io = createFakeIo({ cwd: folder.path, env: { ROTO_DEBUG: '1' } });
  const cache = join(folder.path, 'cache');
  const argv = [...command.split(' '), '--local', '--cache', cache, ...words];
  const status = await main(argv, io);
  return { status, out: io.stdout.text, err: io.stderr.text };
}

async function documentOf(command: string, words: readonly string[]): Promise<unknown> {
  const { status, out, err } = await roto(command, ['--json', ...words]);
  if (status !== 0) throw new Error(`roto ${command} ended with ${status}: ${out} ${err}`);
  return JSON.parse(out);
}

async function errorOf(command: string, words: readonly string[]) {
  const { status, out, err } = await roto(command, ['--json', ...words]);
  const { error } = ErrorDocument.parse(JSON.parse(out));
  if (error.code === 'internal') throw new Error(err);
  return { status, ...error };
}

/** The compressed pixels of a PNG, without the text that says what made it. */
async function pixelsOf(path: string): Promise<Buffer> {
  const png = await readFile(join(folder.path, path));
  return png.subarray(png.indexOf('IDAT'));
}

/** The scores of the first object that came with the progress of the export, in order. */
function exportScores(events: readonly RunEvent[]): (number | undefined)[] {
  return events.flatMap((event) =>
    event.event === 'progress' && event.stage === 'export' ? [event.scores?.['1']] : [],
  );
}

/** The engine as quick as it gets: what is tested here is everything around it. */
const quick = ['--quality', 'draft', '--input-size', '256'];

describe('a run on this machine', () => {
  it('masks, exports, makes a greenscreen and forgets the track', async () => {
    const streamed = await roto('mask', [
      'plate.mkv',
      '-p',
      '50%,50%@0',
      '--object',
      'hero',
      '--save-shot',
      'hero.roto.json',
      '--json-stream',
      ...quick,
    ]);
    expect([streamed.status, streamed.err]).toEqual([0, '']);
    const events = streamed.out
      .trimEnd()
      .split('\n')
      .map((line) => RunEvent.parse(JSON.parse(line)));
    expect(events[0]?.event).toBe('start');
    const last = events.at(-1);
    const result = Result.parse(last?.event === 'result' ? last.result : undefined);
    expect(result.objects[0]?.frames).toHaveLength(6);
    expect(exportScores(events)).toEqual(result.objects[0]?.frames.map(({ score }) => score));
    const mattes = await readdir(join(folder.path, 'out', 'hero'));
    expect(mattes.sort()).toEqual([0, 1, 2, 3, 4, 5].map((n) => `hero.000${n}.png`));

    const refused = await errorOf('mask', ['--shot', 'hero.roto.json']);
    expect(refused.code).toBe('output_exists');
    const before = await pixelsOf('out/hero/hero.0003.png');
    const again = Result.parse(
      await documentOf('mask', ['--shot', 'hero.roto.json', '--overwrite']),
    );
    expect([again.track, again.objects]).toEqual([result.track, result.objects]);
    expect(before.equals(await pixelsOf('out/hero/hero.0003.png'))).toBe(true);

    const exported = await documentOf('export', [
      result.track.slice(0, 12),
      '-F',
      'rle,png8',
      '-o',
      'more',
      '--range',
      '1-2',
    ]);
    expect(
      Result.parse(exported).outputs.map(({ format, firstFrame, lastFrame }) => [
        format,
        firstFrame,
        lastFrame,
      ]),
    ).toEqual([
      ['rle', 1, 2],
      ['png8', 1, 2],
    ]);
    const green = await documentOf('greenscreen', ['hero.roto.json', '--despill']);
    expect(Result.parse(green).outputs[0]?.path).toBe(join(folder.path, 'out', 'greenscreen.mp4'));

    const listed = TracksDocument.parse(await documentOf('cache list', []));
    expect(listed.tracks).toMatchObject([{ id: result.track, objects: ['hero'], complete: true }]);
    const cleared = ClearedDocument.parse(await documentOf('cache clear', [result.track]));
    expect(cleared.tracks).toBe(1);
  }, 120_000);

  it('previews one frame of a clip whatever its name, and writes mattes and picture', async () => {
    const shown = PreviewDocument.parse(
      await documentOf('preview', [
        ...quick,
        ...['-p', '30,20', '-o', 'look', '--frame', '1', '--', oddName],
      ]),
    );
    expect(shown).toMatchObject({ frame: 1, clip: { width: 63, height: 47 } });
    expect(shown.files).toHaveLength(2);
    for (const file of shown.files)
      expect((await readFile(file)).subarray(1, 4).toString()).toBe('PNG');
  }, 120_000);
});

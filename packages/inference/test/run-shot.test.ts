import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Result, type RunEvent, type ShotInput } from '@roto/sdk/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clearTracks, exportTrack, listTracks, planShot, runShot } from '../src/index.ts';
import { createSyntheticClip } from './support/synthetic-clip.ts';
import { writeMovie } from './support/write-movie.ts';

const frames = 8;
// An odd width, so that movies have to be padded.
const clip = createSyntheticClip({ width: 97, height: 64, frames, span: 48, pillar: false });
const [click] = clip.clicks;
const onObject = { points: [{ x: click?.x ?? 0, y: click?.y ?? 0, label: 'positive' as const }] };
const corner = { points: [{ x: 4, y: 60, label: 'positive' as const }] };

let folder = '';
let cache = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-run-'));
  cache = join(folder, 'cache');
  const { width, height } = clip;
  const pictures = Array.from({ length: frames }, (_, index) => clip.frame(index).rgb);
  await writeMovie(join(folder, 'clip.mkv'), {
    width,
    height,
    frames: pictures,
    encode: ['-c:v', 'ffv1'],
  });
});
afterAll(() => rm(folder, { recursive: true }));

type Prompts = NonNullable<ShotInput['objects'][number]['prompts']>;

function shotOf(prompts: Prompts, more: Partial<ShotInput> = {}): ShotInput {
  return {
    schema: 'roto.shot/1',
    source: { path: join(folder, 'clip.mkv') },
    objects: [{ id: 1, name: 'matte', prompts }],
    engine: { name: 'lite', quality: 'draft', inputSize: 256 },
    outputs: [{ format: 'png8' }],
    ...more,
  };
}

const at = (out: string) => join(folder, out);
const files = async (out: string): Promise<string[]> =>
  existsSync(at(out)) ? (await readdir(at(out), { recursive: true })).sort() : [];

/** Mattes of an output folder by frame number. */
async function mattes(out: string): Promise<Map<number, string>> {
  const names = (await files(out)).filter((name) => name.endsWith('.png'));
  const bytes = await Promise.all(names.map((name) => readFile(join(at(out), name), 'hex')));
  return new Map(names.map((name, i) => [Number(name.slice(-8, -4)), bytes[i] ?? '']));
}

/** Mattes without the stamp, which names the shot. */
async function pixels(out: string): Promise<Map<number, string>> {
  const all = await mattes(out);
  return new Map([...all].map(([frame, hex]) => [frame, hex.slice(hex.indexOf('49444154'))]));
}

describe('runShot', () => {
  it('tells what it made: a result of the contract, with every stage and each warning once', async () => {
    const events: RunEvent[] = [];
    const objects = [
      { id: 1, name: 'hero', prompts: [{ frame: 0, ...onObject }] },
      { id: 5, name: 'ground', prompts: [{ frame: 2, ...corner }] },
    ];
    const outputs = [
      { format: 'png8' as const },
      { format: 'luma' as const },
      { format: 'webm' as const },
    ];
    const result = await runShot(shotOf([], { objects, outputs }), {
      out: at('told'),
      cache,
      onEvent: (event) => events.push(event),
    });
    expect(Result.parse(result)).toEqual(result);
    expect(result).toMatchObject({ engine: 'lite', device: 'cpu', model: { id: 'mobilesam' } });
    const stages = ['decode', 'encode', 'prompt', 'track', 'matte', 'write', 'total'];
    for (const stage of stages) expect(result.timings[stage], stage).toBeGreaterThan(0);
    expect(result.objects.map(({ id, name }) => [id, name])).toEqual([
      [1, 'hero'],
      [5, 'ground'],
    ]);
    for (const object of result.objects) {
      expect(object.frames.map(({ frame }) => frame)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(object.frames.some(({ area }) => area > 0)).toBe(true);
      for (const { score, present } of object.frames) expect(present).toBe(score > 0.5);
    }
    expect(result.outputs).toHaveLength(6);
    const warned = result.warnings.map(({ code, message }) => `${code} ${message}`);
    expect(warned).not.toEqual([]);
    expect(new Set(warned).size).toBe(warned.length);
    const told = events.flatMap((event) => (event.event === 'warning' ? [event.warning] : []));
    expect(told).toEqual(result.warnings);
    expect(events[0]?.event).toBe('start');
    for (const stage of ['track', 'export']) {
      const steps = events.filter((event) => event.event === 'progress' && event.stage === stage);
      expect(steps.at(-1)).toMatchObject({ done: stage === 'track' ? 16 : 8 });
    }
  });

  it('works on several shots of one clip at a time, in one cache that is cleared meanwhile', async () => {
    const range = { first: 0, last: 4 };
    const shots = [
      shotOf([{ frame: 0, ...onObject }]),
      shotOf([{ frame: 0, ...onObject }], { source: { path: join(folder, 'clip.mkv'), range } }),
    ];
    for (const [i, shot] of shots.entries()) await runShot(shot, { out: at(`one${i}`), cache });
    const together = at('together');
    let cleared = 0;
    const onEvent = (event: RunEvent) => {
      if (event.event === 'progress' && event.done % 3 === 0) {
        void clearTracks({ cache: together }).then(({ tracks }) => {
          cleared += tracks;
        });
      }
    };
    await Promise.all(
      shots.map((shot, i) => runShot(shot, { out: at(`all${i}`), cache: together, onEvent })),
    );
    for (const i of shots.keys()) expect(await mattes(`all${i}`)).toEqual(await mattes(`one${i}`));
    expect(cleared).toBe(0);
  });

  it('tracks nothing for prompts and frames the range does not need', async () => {
    const prompts = [0, 2].map((frame) => ({ frame, ...onObject }));
    const source = { path: join(folder, 'clip.mkv'), range: { first: 5, last: 6 } };
    const events: RunEvent[] = [];
    const options = { out: at('part'), cache: at('part-cache') };
    const plan = await planShot(shotOf(prompts, { source }), options);
    expect(plan).toMatchObject({ frames: 2, stepsToTrack: 5 });
    // A dry run leaves nothing behind but what names the clip.
    expect(await readdir(at('part-cache'))).toEqual(['fingerprints']);
    await runShot(shotOf(prompts, { source }), {
      ...options,
      onEvent: (event) => events.push(event),
    });
    expect(
      events.filter((event) => event.event === 'progress' && event.stage === 'track'),
    ).toHaveLength(5);
    expect(await files('part')).toEqual(['matte', 'matte/matte.0005.png', 'matte/matte.0006.png']);
  });

  it.each(['track', 'export'])(
    'ends with the error of a listener that throws in %s, and leaves no output',
    async (stage) => {
      const run = runShot(shotOf([{ frame: 0, ...onObject }]), {
        out: at('thrown'),
        cache: at(`thrown-${stage}`),
        onEvent: (event) => {
          if (event.event === 'progress' && event.stage === stage && event.done === 3) {
            throw new TypeError('of the listener');
          }
        },
      });
      await expect(run).rejects.toThrow(new TypeError('of the listener'));
      expect(await files('thrown')).toEqual([]);
    },
  );

  it('keeps the bytes of locked frames whatever is prompted elsewhere', async () => {
    const first = [{ frame: 0, ...onObject }];
    await runShot(shotOf(first), { out: at('open'), cache });
    const locked = [{ first: 2, last: 4, prompts: first }];
    const objects = [
      { id: 1, name: 'matte', prompts: [...first, { frame: 3, ...corner }], locked },
    ];
    await runShot(shotOf([], { objects }), { out: at('locked'), cache });
    const [before, after] = [await pixels('open'), await pixels('locked')];
    const same = [...before.keys()].filter((frame) => before.get(frame) === after.get(frame));
    expect(same).toEqual(expect.arrayContaining([0, 2, 3, 4]));
    expect(same).not.toContain(6);
  });
});

describe('exportTrack', () => {
  it('writes a part of what was tracked like the whole, and no frame beyond it', async () => {
    const source = { path: join(folder, 'clip.mkv'), range: { first: 1, last: 6 } };
    const shot = shotOf([{ frame: 3, ...onObject }], { source });
    const { track } = await runShot(shot, { out: at('whole'), cache });
    const outputs = [{ format: 'png8' as const }];
    const part = { outputs, cache, range: { first: 2, last: 3 } };
    const events: RunEvent[] = [];
    const onEvent = (event: RunEvent) => events.push(event);
    const result = await exportTrack(track, { ...part, out: at('narrow'), onEvent });
    expect(events.map(({ event }) => event)).toEqual([
      'start',
      ...result.warnings.map(() => 'warning'),
      'progress',
      'progress',
    ]);
    expect(result.objects[0]?.frames.map(({ frame }) => frame)).toEqual([2, 3]);
    const [whole, narrow] = [await pixels('whole'), await pixels('narrow')];
    expect([...narrow.keys()]).toEqual([2, 3]);
    for (const [frame, bytes] of narrow) expect(bytes).toBe(whole.get(frame));
    const wide = exportTrack(track, { ...part, range: { first: 0, last: 6 }, out: at('wide') });
    await expect(wide).rejects.toMatchObject({ code: 'track_incomplete' });
    expect(await files('wide')).toEqual([]);
    expect((await listTracks({ cache })).find(({ id }) => id === track)).toMatchObject({
      complete: true,
    });
  });
});

describe('a program that uses the library', () => {
  it('ends by itself when its work is done, with a session left open too', async () => {
    const index = JSON.stringify(new URL('../src/index.ts', import.meta.url).href);
    const shot = shotOf([{ frame: 0, ...onObject }]);
    const program = `
      const { openSession, runShot } = await import(${index});
      const { source, engine } = ${JSON.stringify(shot)};
      await runShot(${JSON.stringify(shot)}, ${JSON.stringify({ out: at('program'), cache })});
      const session = await openSession({ source, engine, cache: ${JSON.stringify(cache)} });
      const prompt = ${JSON.stringify({ object: { id: 1 }, frame: 0, ...onObject })};
      await session.addPrompt(prompt);
      for await (const { frame } of session.propagate()) if (frame === 3) break;
      console.log('done');
    `;
    const args = ['--conditions=roto-source', '--input-type=module', '-e', program];
    const ended = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    expect(ended.stdout).toBe('done\n');
  });
});

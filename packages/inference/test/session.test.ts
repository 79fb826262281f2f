import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  clearTracks,
  type OpenSessionOptions,
  openSession,
  type PropagateOptions,
  type PropagateProgress,
  renderMatte,
  type Session,
  type SessionFrame,
} from '../src/index.ts';
import { createSyntheticClip } from './support/synthetic-clip.ts';
import { writeMovie } from './support/write-movie.ts';

const frames = 10;
const clip = createSyntheticClip({ width: 96, height: 64, frames, span: 48, pillar: false });
const [click] = clip.clicks;
const onObject = [{ x: click?.x ?? 0, y: click?.y ?? 0, label: 'positive' as const }];
const corner = [{ x: 4, y: 60, label: 'positive' as const }];
const away = [{ x: 92, y: 4, label: 'negative' as const }];

let folder = '';
let session: Session;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-session-'));
  const { width, height } = clip;
  const pictures = Array.from({ length: frames }, (_, index) => clip.frame(index).rgb);
  await writeMovie(join(folder, 'clip.mp4'), { width, height, frames: pictures });
  session = await open('shared');
});
afterAll(async () => {
  await session.close();
  await rm(folder, { recursive: true });
});

function open(cache: string, options: Partial<OpenSessionOptions> = {}): Promise<Session> {
  return openSession({
    source: { path: join(folder, 'clip.mp4') },
    engine: { name: 'lite', quality: 'draft', inputSize: 256 },
    cache: join(folder, cache),
    ...options,
  });
}

/** Every test says what it wants anew; the cache still knows what was tracked before. */
function fresh(): Session {
  onTestFinished(() => {
    for (const id of [1, 2, 3]) session.removeObject(id);
  });
  return session;
}

async function collect(from: Session, options?: PropagateOptions): Promise<SessionFrame[]> {
  const all: SessionFrame[] = [];
  for await (const frame of from.propagate(options)) all.push(frame);
  return all;
}

const numbers = (all: readonly SessionFrame[]) => all.map(({ frame }) => frame);
const rising = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const logitsOf = (all: readonly SessionFrame[]) =>
  all.map(({ objects }) => objects.map(({ logits }) => Buffer.from(logits.buffer).toString('hex')));

describe('addPrompt', () => {
  it('runs no encoder for another quick click or box on a frame', async () => {
    const quick = await open('quick');
    const encoded = async () => (await quick.work()).counts['encode'];
    const object = { id: 1 };
    const first = await quick.addPrompt({ object, frame: 3, points: onObject, quick: true });
    expect(await encoded()).toBe(1);
    const second = await quick.addPrompt({ object, frame: 3, points: away, quick: true });
    const box = { x1: 2, y1: 2, x2: 40, y2: 60 };
    await quick.addPrompt({ object: { id: 2 }, frame: 3, box, points: onObject, quick: true });
    expect(await encoded()).toBe(1);
    expect([first.present, second.present]).toEqual([true, true]);
    await quick.addPrompt({ object, frame: 4, points: onObject, quick: true });
    expect(await encoded()).toBe(2);
    await quick.close();
  });

  it('gives the mask of any frame at once, without tracking to it', async () => {
    const opened = fresh();
    const first = await opened.addPrompt({ object: { id: 1 }, frame: 0, points: onObject });
    const mask = await opened.addPrompt({ object: { id: 1 }, frame: 9, points: onObject });
    expect(mask).toMatchObject({ id: 1, name: 'object-1', present: true });
    expect(mask.logits).toHaveLength(mask.width * mask.height);
    expect(mask.logits.some((logit) => logit > 0)).toBe(true);
    expect(first.logits).not.toEqual(mask.logits);
    const matte = renderMatte(mask, await opened.frame(9));
    expect(matte).toMatchObject({ width: 96, height: 64 });
    expect(matte.alpha.some((alpha) => alpha > 32_768)).toBe(true);
    const steps: PropagateProgress[] = [];
    await collect(opened, { onProgress: (step) => steps.push(step) });
    // The two prompted frames were there, and nothing else.
    expect(steps[0]?.reused).toBe(2);
  });

  it('adds a second prompt to what was said of the frame', async () => {
    const opened = fresh();
    const one = await opened.addPrompt({ object: { id: 1 }, frame: 2, points: onObject });
    const both = await opened.addPrompt({ object: { id: 1 }, frame: 2, points: away });
    const box = { x1: 10, y1: 10, x2: 60, y2: 60 };
    const boxed = await opened.addPrompt({ object: { id: 1 }, frame: 2, box });
    opened.removeObject(1);
    const atOnce = await opened.addPrompt({
      object: { id: 1 },
      frame: 2,
      points: [...onObject, ...away],
      box,
    });
    expect(boxed.logits).toEqual(atOnce.logits);
    expect(new Set([one, both, boxed].map(({ logits }) => logits.join())).size).toBe(3);
  });

  it('takes prompts said at the same time one after the other and forgets none', async () => {
    const opened = fresh();
    const [, last] = await Promise.all(
      [onObject, away].map((points) => opened.addPrompt({ object: { id: 1 }, frame: 2, points })),
    );
    opened.removeObject(1);
    const points = [...onObject, ...away];
    const atOnce = await opened.addPrompt({ object: { id: 1 }, frame: 2, points });
    expect(last?.logits).toEqual(atOnce.logits);
  });

  it('tracks to a frame that is only corrected, and a failed prompt counts for nothing', async () => {
    const opened = fresh();
    const correct = { object: { id: 1 }, frame: 3, points: away };
    await expect(opened.addPrompt(correct)).rejects.toMatchObject({ code: 'prompt_missing' });
    await expect(collect(opened)).rejects.toMatchObject({ code: 'prompt_missing' });
    await opened.addPrompt({ object: { id: 1 }, frame: 0, points: onObject });
    const corrected = await opened.addPrompt(correct);
    const stopped = opened.addPrompt(
      { object: { id: 1 }, frame: 5, points: corner },
      AbortSignal.abort(),
    );
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
    const masks = logitsOf(await collect(opened));
    expect(masks[3]).toEqual(logitsOf([{ frame: 3, objects: [corrected] }])[0]);
    opened.clearPrompts(1, 3);
    await opened.addPrompt(correct);
    expect(logitsOf(await collect(opened))).toEqual(masks);
  });

  it.each([
    ['frame_out_of_range', { frame: 10, points: onObject }],
    ['frame_out_of_range', { frame: 0.5, points: onObject }],
    ['frame_out_of_range', { frame: Number.NaN, points: onObject }],
    ['prompt_outside_picture', { frame: 0, points: [{ x: 97, y: 1, label: 'positive' as const }] }],
    [
      'invalid_argument',
      { frame: 0, points: [{ x: Number.NaN, y: 1, label: 'positive' as const }] },
    ],
    ['prompt_outside_picture', { frame: 0, box: { x1: 200, y1: 0, x2: 300, y2: 9 } }],
    ['prompt_missing', { frame: 0 }],
    ['prompt_missing', { frame: 0, points: [] }],
    ['mask_unreadable', { frame: 0, mask: { width: 9, height: 9, data: new Uint8Array(81) } }],
    ['mask_unreadable', { frame: 0, mask: { width: 96, height: 64, data: new Uint8Array(9) } }],
  ])('refuses what cannot be meant: %s', async (code, said) => {
    const opened = fresh();
    await expect(opened.addPrompt({ object: { id: 1 }, ...said })).rejects.toMatchObject({ code });
    await expect(collect(opened)).rejects.toMatchObject({ code: 'prompt_missing' });
  });
});

describe('propagate', () => {
  it('gives every frame once in rising order, with every object, from keys anywhere', async () => {
    const opened = fresh();
    const mask = await opened.addPrompt({
      object: { id: 2, name: 'hero' },
      frame: 6,
      points: onObject,
    });
    await opened.addPrompt({ object: { id: 1, name: 'ground' }, frame: 2, points: corner });
    const steps: PropagateProgress[] = [];
    const all = await collect(opened, { onProgress: (step) => steps.push(step) });
    expect(numbers(all)).toEqual(rising(0, 9));
    for (const { objects } of all)
      expect(objects.map(({ name }) => name)).toEqual(['hero', 'ground']);
    // A prompted frame never changes by tracking.
    expect(all[6]?.objects[0]?.logits).toEqual(mask.logits);
    expect(steps.at(-1)).toMatchObject({ done: 20, total: 20, reused: 2 });
  });

  it('goes one way only where that is asked for, and says which objects are not reached', async () => {
    const opened = fresh();
    await opened.addPrompt({ object: { id: 1 }, frame: 4, points: onObject });
    const forward = await collect(opened, { direction: 'forward', range: { first: 2, last: 6 } });
    expect(forward.map(({ frame, objects }) => [frame, objects.length])).toEqual([
      [2, 0],
      [3, 0],
      [4, 1],
      [5, 1],
      [6, 1],
    ]);
    const backward = await collect(opened, { direction: 'backward', range: { first: 2, last: 6 } });
    expect(backward.map(({ objects }) => objects.length)).toEqual([1, 1, 1, 0, 0]);
  });

  it('stops at break and goes on from there the next time', async () => {
    const opened = fresh();
    await opened.addPrompt({ object: { id: 1 }, frame: 1, points: [...onObject, ...away] });
    for await (const { frame } of opened.propagate()) if (frame === 4) break;
    const steps: PropagateProgress[] = [];
    const all = await collect(opened, { onProgress: (step) => steps.push(step) });
    expect(numbers(all)).toEqual(rising(0, 9));
    expect(steps[0]?.reused).toBe(5);
    expect(steps.at(-1)).toMatchObject({ done: 10, total: 10 });
  });

  it('stops when the signal aborts, also where everything is in the cache, and can go on', async () => {
    const opened = fresh();
    await opened.addPrompt({ object: { id: 1 }, frame: 1, points: corner });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const stopping = new AbortController();
      const seen: number[] = [];
      const work = async () => {
        for await (const { frame } of opened.propagate({ signal: stopping.signal })) {
          seen.push(frame);
          if (frame === 3) stopping.abort();
        }
      };
      await expect(work()).rejects.toMatchObject({ code: 'interrupted' });
      expect(seen).toEqual([0, 1, 2, 3]);
      expect(numbers(await collect(opened))).toEqual(rising(0, 9));
    }
  });

  it('goes on undisturbed while a prompt is added in its loop, which counts the next time', async () => {
    const opened = fresh();
    await opened.addPrompt({ object: { id: 1 }, frame: 0, points: onObject });
    const before = logitsOf(await collect(opened));
    opened.removeObject(1);
    await opened.addPrompt({ object: { id: 1 }, frame: 0, points: onObject });
    const during: SessionFrame[] = [];
    for await (const frame of opened.propagate()) {
      during.push(frame);
      if (frame.frame === 2) {
        await opened.addPrompt({ object: { id: 1 }, frame: 7, points: corner });
        await opened.addPrompt({ object: { id: 2 }, frame: 5, points: corner });
      }
    }
    expect(logitsOf(during)).toEqual(before);
    const after = await collect(opened);
    expect(after.every(({ objects }) => objects.length === 2)).toBe(true);
    expect(logitsOf(after)[7]?.[0]).not.toEqual(before[7]?.[0]);
  });

  it('forgets what is cleared and what is removed', async () => {
    const opened = fresh();
    await opened.addPrompt({ object: { id: 1 }, frame: 0, points: onObject });
    const before = logitsOf(await collect(opened));
    await opened.addPrompt({ object: { id: 1 }, frame: 7, points: corner });
    await opened.addPrompt({ object: { id: 2 }, frame: 5, points: corner });
    opened.clearPrompts(1, 7);
    opened.removeObject(2);
    expect(logitsOf(await collect(opened))).toEqual(before);
    opened.clearPrompts(1);
    await expect(collect(opened)).rejects.toMatchObject({ code: 'prompt_missing' });
  });

  it.each([
    ['frame_out_of_range', { first: 0, last: 10 }],
    ['invalid_argument', { first: 5, last: 4 }],
    ['invalid_argument', { first: 0.5, last: 4 }],
  ])('refuses a range that cannot be meant: %s', async (code, range) => {
    const opened = fresh();
    await opened.addPrompt({ object: { id: 1 }, frame: 0, points: onObject });
    await expect(collect(opened, { range })).rejects.toMatchObject({ code });
  });
});

describe('openSession', () => {
  it('lets two sessions of one process work on one clip and cache, and clearing spares them', async () => {
    const opened = fresh();
    const second = await open('shared', {
      source: { path: join(folder, 'clip.mp4'), range: { first: 1, last: 4 } },
    });
    await opened.addPrompt({ object: { id: 1 }, frame: 3, points: [...onObject, ...corner] });
    await second.addPrompt({ object: { id: 1 }, frame: 3, points: [...onObject, ...corner] });
    for await (const { frame } of opened.propagate()) {
      if (frame === 1) expect(numbers(await collect(second))).toEqual(rising(1, 4));
      if (frame === 2)
        expect(await clearTracks({ cache: join(folder, 'shared') })).toEqual({
          tracks: 0,
          bytes: 0,
        });
    }
    const masks = logitsOf(await collect(opened));
    expect(logitsOf(await collect(second))).toEqual(masks.slice(1, 5));
    await second.close();
    await second.close();
    const late = second.addPrompt({ object: { id: 1 }, frame: 3, points: onObject });
    await expect(late).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(collect(second)).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(logitsOf(await collect(opened))).toEqual(masks);
  });

  it('can be stopped, and can be closed in the middle of its work', async () => {
    await expect(open('stopped', { signal: AbortSignal.timeout(1) })).rejects.toMatchObject({
      code: 'interrupted',
    });
    const closing = await open('closed');
    await closing.addPrompt({ object: { id: 1 }, frame: 0, points: onObject });
    const work = async () => {
      for await (const { frame } of closing.propagate()) if (frame === 1) await closing.close();
    };
    await expect(work()).rejects.toMatchObject({ name: 'RotoError' });
  });

  it('says what is wrong with what it was given', async () => {
    const path = join(folder, 'clip.mp4');
    for (const [param, options] of [
      ['source.rate.den', { source: { path, rate: { num: 24, den: 0 } } }],
      ['engine.quality', { engine: { quality: 'best' } }],
    ] as const) {
      // biome-ignore lint/plugin: what a caller without types may give
      const opening = open('shared', options as Partial<OpenSessionOptions>);
      await expect(opening).rejects.toMatchObject({ code: 'invalid_argument', param });
    }
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  EnginePool,
  type OpenSessionOptions,
  openSession,
  type PropagateProgress,
  previewShot,
  type Session,
  type SessionFrame,
} from '../src/index.ts';
import { madeHeight, madeMask, madeWidth } from './support/made-clip.ts';
import { MadeModels } from './support/made-model.ts';
import { writeMadeFrames } from './support/write-made-frames.ts';

const frames = 6;
const click = { x: 70, y: 60, label: 'positive' as const };
const beside = { x: 150, y: 150, label: 'negative' as const };
const later = { x: 98, y: 68, label: 'positive' as const };

let models: MadeModels;
let folder = '';
let model = '';
let engines: EnginePool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-sam2-'));
  models = await MadeModels.create();
  model = await models.path('sam2.1-tiny');
  engines = new EnginePool();
  await writeMadeFrames(join(folder, 'clip'), frames);
});
afterAll(async () => {
  await engines.close();
  await models.remove();
  await rm(folder, { recursive: true });
});

/** A session with a cache of its own, and the model that all of these tests share. */
function open(cache: string, engine: OpenSessionOptions['engine'] = {}): Promise<Session> {
  return openSession({
    source: { path: join(folder, 'clip') },
    engine: { name: 'sam2', model, inputSize: 256, device: 'cpu', ...engine },
    cache: join(folder, cache),
    engines,
  });
}

async function collect(session: Session, steps: PropagateProgress[] = []): Promise<SessionFrame[]> {
  const all: SessionFrame[] = [];
  for await (const frame of session.propagate({ onProgress: (step) => steps.push(step) })) {
    all.push(frame);
  }
  return all;
}

async function encodes(session: Session): Promise<number | undefined> {
  const { counts } = await session.work();
  return counts['encode'];
}
const logitsOf = (all: readonly SessionFrame[]) =>
  all.map(({ objects }) => objects.map(({ logits }) => Buffer.from(logits.buffer).toString('hex')));

describe('a session with the sam2 engine', () => {
  it('encodes a frame once for all that is clicked on it, and for all objects', async () => {
    const session = await open('clicks');
    expect(session.engine).toMatchObject({ engine: 'sam2', model: { id: 'sam2.1-tiny.pt' } });
    const first = await session.addPrompt({ object: { id: 1 }, frame: 0, points: [click] });
    expect(await encodes(session)).toBe(1);
    const second = await session.addPrompt({ object: { id: 1 }, frame: 0, points: [beside] });
    await session.addPrompt({
      object: { id: 2 },
      frame: 0,
      points: [{ ...click, x: 240, y: 128 }],
    });
    expect(await encodes(session)).toBe(1);
    expect(second.logits).not.toEqual(first.logits);
    await collect(session);
    expect(await encodes(session)).toBe(frames);
    await session.close();
  });

  it('takes a click on a tracked frame as a correction, and tracks only its span again', async () => {
    const session = await open('corrected');
    await session.addPrompt({ object: { id: 1 }, frame: 0, points: [click] });
    const before = await collect(session);
    const corrected = await session.addPrompt({ object: { id: 1 }, frame: 4, points: [later] });
    const steps: PropagateProgress[] = [];
    const after = await collect(session, steps);
    expect(after[4]?.objects[0]?.logits).toEqual(corrected.logits);
    expect(logitsOf(after)[0]).toEqual(logitsOf(before)[0]);
    // Both ways between the two prompted frames, and what follows the second.
    expect((steps.at(-1)?.total ?? 0) - (steps[0]?.reused ?? 0)).toBe(3 + 3 + 1);
    const anew = await open('anew');
    await anew.addPrompt({ object: { id: 1 }, frame: 0, points: [click] });
    // Nothing was tracked to it yet: this says what the object is.
    const key = await anew.addPrompt({ object: { id: 1 }, frame: 4, points: [later] });
    expect(key.logits).not.toEqual(corrected.logits);
    const meant = { object: { id: 2 }, frame: 4, points: [later], correction: true };
    await expect(anew.addPrompt(meant)).rejects.toMatchObject({ code: 'prompt_missing' });
    await anew.addPrompt({ object: { id: 2 }, frame: 0, points: [click] });
    expect((await anew.addPrompt(meant)).logits).toEqual(corrected.logits);
    await Promise.all([session.close(), anew.close()]);
  });

  it('starts from a mask, goes both ways, and forgets what is taken back', async () => {
    const session = await open('mask', { preset: 'benchmark' });
    const data = madeMask(3, 0).map((value) => value * 255);
    const mask = { width: madeWidth, height: madeHeight, data };
    await session.addPrompt({ object: { id: 1, name: 'hero' }, frame: 3, mask });
    const before = await collect(session);
    expect(before.map(({ frame, objects }) => [frame, objects[0]?.name])).toEqual(
      Array.from({ length: frames }, (_, frame) => [frame, 'hero']),
    );
    // Objects begin together, so the first is tracked again with the second.
    await session.addPrompt({ object: { id: 2 }, frame: 1, points: [click] });
    const both = await collect(session);
    expect(both.every(({ objects }) => objects.length === 2)).toBe(true);
    session.removeObject(2);
    expect(logitsOf(await collect(session))).toEqual(logitsOf(before));
    await session.close();
  });

  it('lets sessions of other presets share the loaded model, each with its own rules', async () => {
    const product = await open('shared');
    const benchmark = await open('shared', { preset: 'benchmark', fillHoleArea: 500 });
    expect(product.engine.settings).toMatchObject({ retrack: 'span', fillHoleArea: 8 });
    expect(benchmark.engine.settings).toMatchObject({ retrack: 'all', fillHoleArea: 500 });
    const prompt = { object: { id: 1 }, frame: 0, points: [click, beside] };
    const [one, other] = await Promise.all([product, benchmark].map((s) => s.addPrompt(prompt)));
    expect(one?.logits).not.toEqual(other?.logits);
    await Promise.all([product.close(), benchmark.close()]);
  });
});

describe('previewShot with the sam2 engine', () => {
  it('shows the masks of a frame, with the model asked for', async () => {
    const preview = await previewShot(
      {
        schema: 'roto.shot/1',
        source: { path: join(folder, 'clip') },
        objects: [{ id: 1, name: 'hero', prompts: [{ frame: 2, points: [click] }] }],
        engine: { name: 'sam2', model, inputSize: 256, device: 'cpu' },
      },
      { cache: join(folder, 'preview'), engines },
    );
    expect(preview).toMatchObject({ frame: 2, engine: 'sam2', device: 'cpu' });
    expect(preview.objects[0]).toMatchObject({ name: 'hero', present: true });
    expect(preview.overlay.rgb).toHaveLength(3 * madeWidth * madeHeight);
  });
});

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFixture, samplePlaces } from '../packages/inference/test/support/fixture-file.ts';
import { MadeModels } from '../packages/inference/test/support/made-model.ts';
import { writeMadeFrames } from '../packages/inference/test/support/write-made-frames.ts';
import type { Result } from '../packages/sdk/src/contract/index.ts';
import { fileHashes } from './support/file-hashes.ts';
import { resultOf, runRoto, startRoto } from './support/roto-process.ts';

/**
 * Largest error of a logit over the range of its mask: that of the networks, and of the cache, which
 * keeps a mask in steps of a 65535th of its range.
 */
const tolerance = 1e-3;

let models: MadeModels;
let folder = '';
let model = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-sam2-'));
  models = await MadeModels.create();
  model = await models.path('sam2.1-tiny');
});
afterAll(async () => {
  await models.remove();
  await rm(folder, { recursive: true, force: true });
});

async function layClip(name: string, frames: number): Promise<string> {
  await writeMadeFrames(join(folder, name), frames);
  return `${name}/%05d.png`;
}

/** `roto mask`, as someone who has a checkpoint runs it. */
function maskArgs(clip: string, out: string, more: readonly string[]): string[] {
  const engine = ['--engine', 'sam2', '--model', model, '--input-size', '256', '--device', 'cpu'];
  const where = ['-o', out, '--cache', join(folder, `${out}-cache`), '--local'];
  return ['mask', clip, ...engine, '--format', 'logits', ...where, ...more];
}

async function mask(clip: string, out: string, ...more: readonly string[]): Promise<Result> {
  return resultOf(await runRoto(maskArgs(clip, out, [...more, '--json']), { cwd: folder }));
}

/** The values of a `.npy` file of float32. */
async function readLogits(out: string, object: string, frame: number): Promise<Float32Array> {
  const name = `${object}.${String(frame).padStart(4, '0')}.npy`;
  const bytes = await readFile(join(folder, out, object, name));
  const start = 10 + bytes.readUInt16LE(8);
  return new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer);
}

interface ReferenceMask {
  readonly frame: number;
  readonly object: number;
  readonly score: number;
  readonly low: number;
  readonly high: number;
  /** At the places of {@link samplePlaces}; none of an object that is not there. */
  readonly samples: Float32Array;
}

/** What the reference said in the calls named of a scenario: see reference/README.md. */
function referenceMasks(scenario: string, steps: readonly number[]): ReferenceMask[] {
  const fixture = readFixture(`scenario-${scenario}`);
  const [where, scores, stats, logits] = ['where', 'scores', 'stats', 'logits'].map((name) =>
    fixture.read(name),
  );
  if (!where || !scores || !stats || !logits) throw new Error('the fixture is not whole');
  const count = logits.length / scores.filter((score) => score > 0).length;
  let there = 0;
  return Array.from(scores, (score, row) => {
    const samples = logits.subarray(there * count, (score > 0 ? there + 1 : there) * count);
    if (score > 0) there += 1;
    const [step = -1, frame = -1, object = -1] = where.subarray(3 * row, 3 * row + 3);
    const [low = 0, high = 0] = stats.subarray(3 * row, 3 * row + 2);
    return { step, frame, object, score, low, high, samples };
  }).filter(({ step }) => steps.includes(step));
}

/** Holds what was written to what the reference said, mask by mask. */
async function expectReference(
  out: string,
  names: readonly string[],
  expected: readonly ReferenceMask[],
): Promise<void> {
  for (const { frame, object, score, low, high, samples } of expected) {
    const what = `object ${object} on frame ${frame}`;
    const logits = await readLogits(out, names[object - 1] ?? '', frame);
    if (score <= 0) {
      expect(Math.max(...logits), what).toBe(-1024);
      continue;
    }
    const places = samplePlaces(logits.length, samples.length);
    const errors = places.map((at, index) =>
      Math.abs((logits[at] ?? NaN) - (samples[index] ?? NaN)),
    );
    expect(high - low, what).toBeGreaterThan(0.1);
    expect(Math.max(...errors) / (high - low), what).toBeLessThan(tolerance);
  }
}

describe('roto mask --engine sam2 --preset benchmark says what the reference says', () => {
  it('of a correction on a frame that was tracked, which holds when it is tracked again', async () => {
    const clip = await layClip('corrected', 12);
    const prompts = ['-p', '70,60@0', '--correct', '112,72@6', '-n', '180,90@6'];
    const result = await mask(clip, 'corrected-out', '--preset', 'benchmark', ...prompts);
    expect(result).toMatchObject({ engine: 'sam2', device: 'cpu', warnings: [] });
    expect(result.model.sha256).toMatch(/^[0-9a-f]{64}$/);
    await expectReference('corrected-out', ['matte'], referenceMasks('correct-later', [3]));
    // The default preset as the reference has it: holes it fills on a CUDA card only.
    const product = ['--preset', 'product', '--retrack', 'all', '--fill-hole-area', '0'];
    await mask(clip, 'product-out', ...product, ...prompts);
    const expected = referenceMasks('product-correct-later', [3]);
    expect(expected).toHaveLength(12);
    await expectReference('product-out', ['matte'], expected);
  });

  it('of two objects, one prompted later, which is looked for before that too', async () => {
    const clip = await layClip('two', 10);
    const prompts = ['--object', 'a', '-p', '70,60@0', '--object', 'b', '-p', '240,128@4'];
    await mask(clip, 'two-out', '--preset', 'benchmark', ...prompts);
    const expected = referenceMasks('two-objects', [3]);
    expect(expected).toHaveLength(20);
    await expectReference('two-out', ['a', 'b'], expected);
  });

  it('going backward', async () => {
    const back = ['--preset', 'benchmark', '-p', '119,74@7', '--direction', 'backward'];
    await mask(await layClip('back', 8), 'back-out', ...back);
    await expectReference('back-out', ['matte'], referenceMasks('backward', [1]));
  });
});

describe('a run of sam2', () => {
  it('that was killed goes on from the cache, and is equal to the bit', async () => {
    const clip = await layClip('killed', 12);
    const prompts = ['-p', '105,70@5', '-n', '20,20@9'];
    await mask(clip, 'whole', ...prompts);
    const killed = startRoto(maskArgs(clip, 'killed-out', [...prompts, '--json-stream']), {
      cwd: folder,
      onLine: (line) => {
        if (line.includes('"done":9,')) killed.child.kill('SIGKILL');
      },
    });
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    const again = await mask(clip, 'killed-out', ...prompts);
    expect(again.objects[0]?.frames).toHaveLength(12);
    expect(await fileHashes(join(folder, 'killed-out'))).toEqual(
      await fileHashes(join(folder, 'whole')),
    );
  });

  it('is planned beforehand with its engine, model and time', async () => {
    const clip = await layClip('planned', 4);
    const args = maskArgs(clip, 'planned-out', ['-p', '70,60', '--dry-run', '--json']);
    const { status, stdout } = await runRoto(args, { cwd: folder });
    expect(status).toBe(0);
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({ engine: 'sam2', device: 'cpu', frames: 4, stepsToTrack: 4 });
    expect(plan.estimatedSeconds).toBeGreaterThan(0);
  });
});

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { MadeModels } from '../../inference/test/support/made-model.ts';
import { type Said, scenarios } from '../../inference/test/support/play-scenario.ts';
import { readSaid } from '../../inference/test/support/said-fixture.ts';
import { writeMadeFrames } from '../../inference/test/support/write-made-frames.ts';
import { main } from '../src/main.ts';
import { createFakeIo } from './support/fake-io.ts';

// As in packages/inference/test/sam2/scenarios.test.ts, through the command.
const tolerance = 3e-4;
/** Of a machine that does much else, ms. */
const patience = 300_000;

const Sidecar = z.object({
  frames: z.array(z.object({ frame: z.number(), file: z.string(), score: z.number() })),
});

let folder: string;
let models: MadeModels;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto reference '));
  models = await MadeModels.create();
  model = await models.path('sam2.1-tiny');
});

afterAll(async () => {
  await models.remove();
  await rm(folder, { recursive: true, force: true });
});

const benchmark = ['--preset', 'benchmark'];

it.each([
  { name: 'one-click', calls: 2, prompts: ['--points', '70,60'], rules: benchmark },
  {
    name: 'three-clicks',
    calls: 2,
    prompts: ['--points', '70,60 85,66', '--negative', '150,150'],
    rules: benchmark,
  },
  { name: 'both', calls: 3, prompts: ['--points', '105,70@5'], rules: benchmark },
  {
    name: 'product-one-click',
    calls: 2,
    prompts: ['--points', '70,60'],
    rules: ['--fill-hole-area', '0'],
  },
])(
  'roto mask gives the logits of the reference: $name',
  async ({ name, calls, prompts, rules }) => {
    const scenario = scenarios.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`No scenario ${name}`);
    const cwd = join(folder, name);
    await writeMadeFrames(join(cwd, 'frames'), scenario.frames);
    const io = createFakeIo({ cwd });
    const words = [
      '--engine',
      'sam2',
      '--model',
      model,
      '--input-size',
      '256',
      '--format',
      'logits',
    ];
    const where = ['--local', '--cache', join(folder, 'cache'), '-o', join(cwd, 'out')];
    const status = await main(
      ['mask', 'frames/%05d.png', ...prompts, ...words, ...rules, ...where],
      io,
    );
    expect(status, io.stderr.text).toBe(0);
    const fixture = readSaid(`scenario-${name}`);
    const kept = lastOfEachFrame(fixture.where, calls);
    const said = await readLogits(join(cwd, 'out'), kept);
    const errors = fixture.compareAt(kept, said);
    expect(errors.logits).toBeLessThan(tolerance);
    expect(errors.scores).toBeLessThan(tolerance);
  },
  patience,
);

/** Rows of what each frame ends with after the first calls, by frame. */
function lastOfEachFrame(where: readonly (readonly number[])[], calls: number): number[] {
  const rows = new Map<number, number>();
  where.forEach(([call = 0, frame = 0], row) => {
    if (call < calls) rows.set(frame, row);
  });
  return [...rows].sort(([a], [b]) => a - b).map(([, row]) => row);
}

/** What the command wrote, frame after frame. */
async function readLogits(out: string, rows: readonly number[]): Promise<Said[]> {
  const files = await readdir(out, { recursive: true });
  const sidecar = files.find((file) => file.endsWith('.logits.json'));
  if (sidecar === undefined) throw new Error(`No logits among ${files.join(', ')}`);
  const { frames } = Sidecar.parse(JSON.parse(await readFile(join(out, sidecar), 'utf8')));
  expect(frames).toHaveLength(rows.length);
  return Promise.all(
    frames.map(async ({ frame, file, score }) => ({
      step: 0,
      frame,
      object: 1,
      logits: floatsOf(await readFile(join(out, sidecar, '..', file))),
      // A share of 1 there, a logit in the reference.
      score: Math.log(score / (1 - score)),
    })),
  );
}

/** Values of an `.npy` file of version 1. */
function floatsOf(npy: Buffer): Float32Array {
  const start = 10 + npy.readUInt16LE(8);
  return new Float32Array(new Uint8Array(npy.subarray(start)).buffer);
}

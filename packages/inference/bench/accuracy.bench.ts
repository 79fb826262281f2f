/**
 * Accuracy of the lite engine on DAVIS 2016: J, F, lost frames found, seconds a frame.
 *
 *     node --conditions=roto-source packages/inference/bench/accuracy.bench.ts
 *       [--sequences lucia,bear] [--frames 40] [--modes points,box,mask] [--quality normal|draft]
 *       [--exits] [--threads 2]
 *
 * `box` gives the box and the three points. `--exits` runs clips made of the sequences in which the
 * object leaves the picture and comes back, from the true mask.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ShotEngine } from '@roto/sdk/contract';
import { createLiteEngine } from '../src/engine/lite/lite-engine.ts';
import { resolveEngine } from '../src/models/resolve-engine.ts';
import { exitFrom } from './accuracy/exits.ts';
import { mean } from './accuracy/measures.ts';
import { runSequence, type SequenceResult } from './accuracy/run-sequence.ts';
import { listSequences, type PromptMode, readSequence } from './accuracy/sequences.ts';

const { values } = parseArgs({
  options: {
    sequences: { type: 'string' },
    frames: { type: 'string', default: '1000' },
    modes: { type: 'string', default: 'points,box,mask' },
    quality: { type: 'string', default: 'standard' },
    exits: { type: 'boolean', default: false },
    threads: { type: 'string' },
  },
});

function isMode(mode: string): mode is PromptMode {
  return mode === 'points' || mode === 'box' || mode === 'mask';
}

function row(result: SequenceResult): string {
  const { name, mode, j, f, firstJ, emptyFrames, emptyFound, fullFrames, falseAlarms } = result;
  return [
    name.padEnd(20),
    mode.padEnd(7),
    ...[j, f, (j + f) / 2, firstJ].map((value) => value.toFixed(3).padStart(6)),
    `${emptyFound}/${emptyFrames}`.padStart(7),
    `${falseAlarms}/${fullFrames}`.padStart(7),
    result.secondsPerFrame.toFixed(3).padStart(7),
  ].join(' ');
}

function summary(mode: string, results: readonly SequenceResult[]): string {
  const total = (pick: (result: SequenceResult) => number) =>
    results.reduce((sum, result) => sum + pick(result), 0);
  const of = (pick: (result: SequenceResult) => number) => mean(results.map(pick));
  return [
    'mean'.padEnd(20),
    mode.padEnd(7),
    ...[of((r) => r.j), of((r) => r.f), of((r) => (r.j + r.f) / 2), of((r) => r.firstJ)].map(
      (value) => value.toFixed(3).padStart(6),
    ),
    `${total((r) => r.emptyFound)}/${total((r) => r.emptyFrames)}`.padStart(7),
    `${total((r) => r.falseAlarms)}/${total((r) => r.fullFrames)}`.padStart(7),
    of((r) => r.secondsPerFrame)
      .toFixed(3)
      .padStart(7),
  ].join(' ');
}

const known = await listSequences().catch(() => undefined);
if (known === undefined) {
  console.log('Skipped: no DAVIS sequences. Set ROTO_TEST_DATA to the folder of davis2016-train.');
  process.exit(0);
}
const names = values.sequences?.split(',') ?? known;
const modes = values.exits ? (['mask'] as const) : values.modes.split(',').filter(isMode);
const { config: found } = await resolveEngine(
  ShotEngine.parse({
    name: 'lite',
    device: 'cpu',
    quality: values.quality === 'draft' ? 'draft' : 'standard',
    direction: 'forward',
  }),
);
const engine = await createLiteEngine({
  ...found,
  ...(values.threads === undefined ? {} : { threads: Number(values.threads) }),
});
console.log(JSON.stringify(engine.identity));
console.log('sequence             mode         J      F    J&F   J(0)    lost   false  s/frame');
const results: SequenceResult[] = [];
for (const name of names) {
  const sequence = await readSequence(name, Number(values.frames));
  const tested = values.exits ? exitFrom(sequence) : sequence;
  for (const mode of tested === undefined ? [] : modes) {
    if (tested !== undefined) {
      const result = await runSequence(engine, tested, mode);
      results.push(result);
      console.log(row(result));
    }
  }
}
for (const mode of modes) {
  console.log(
    summary(
      mode,
      results.filter((result) => result.mode === mode),
    ),
  );
}
console.log(JSON.stringify(engine.timings()));
await mkdir('bench-out', { recursive: true });
const file = `bench-out/accuracy-${values.quality}${values.exits ? '-exits' : ''}.json`;
await writeFile(
  file,
  JSON.stringify({ identity: engine.identity, timings: engine.timings(), results }, null, 1),
);
console.log(file);
await engine.dispose();

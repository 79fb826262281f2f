/**
 * Seconds per tracked frame of SAM 2.1 tiny with its memory full, network by network, and the
 * operations a second reached, beside the most that one matrix product reaches here. Where
 * `ROTO_REFERENCE_PYTHON` names a Python with torch and sam2, Meta's predictor runs the same task in
 * the same run. Prints a table, then one JSON document.
 *
 *   npm run bench sam2 -- [--sizes 1024,512] [--rounds N] [--threads N] [--model name]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openCheckpoint } from '../src/checkpoint/checkpoint.ts';
import { sam2Architectures, sam2Names, sam2Sizes } from '../src/engine/sam2/architecture.ts';
import type { Precision } from '../src/engine/sam2/graph/sam2-graph.ts';
import { createSam2Networks } from '../src/engine/sam2/onnx-networks.ts';
import { sam2Tensors } from '../src/engine/sam2/tensors.ts';
import { hasByteDotProducts } from '../src/ort/cpu.ts';
import { madeSquare } from '../test/support/made-clip.ts';
import { madeCheckpoint } from '../test/support/made-weights.ts';
import { overlap } from '../test/support/overlap.ts';
import { writePt } from '../test/support/write-pt.ts';
import { attentionFlops, encoderFlops } from './sam2/flops.ts';
import { measureMatmulPeak } from './sam2/matmul-peak.ts';
import { measureReference } from './sam2/reference-times.ts';
import {
  fullMemory,
  memoryPointers,
  type Seconds,
  steps,
  trackFrame,
} from './sam2/tracked-frame.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1024,512' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: `${availableParallelism()}` },
    model: { type: 'string', default: 'sam2.1-tiny' },
  },
});
const sizes = values.sizes.split(',').map(Number);
const rounds = Number(values.rounds);
const threads = Number(values.threads);
const name = sam2Names.find((known) => known === values.model) ?? 'sam2.1-tiny';
const architecture = sam2Architectures[name];
const python = process.env['ROTO_REFERENCE_PYTHON'];
const precisions: readonly Precision[] = hasByteDotProducts() ? ['fp32', 'int8'] : ['fp32'];

const folder = await mkdtemp(join(tmpdir(), 'roto-bench-'));
const path = join(folder, 'made.pt');
await writePt(path, madeCheckpoint(sam2Tensors(architecture)));

function median(all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function medians(all: readonly Seconds[]): Seconds {
  const of = (step: keyof Seconds) => median(all.map((one) => one[step]));
  return {
    encode: of('encode'),
    attend: of('attend'),
    decode: of('decode'),
    encodeMemory: of('encodeMemory'),
  };
}

/** Seconds per frame, and the masks of the last one. */
async function measure(size: number, precision: Precision) {
  const checkpoint = await openCheckpoint(path);
  const networks = await createSam2Networks({
    checkpoint,
    inputSize: size,
    cacheDir: folder,
    precision,
    threads,
  });
  const bank = fullMemory(size);
  const square = madeSquare(size);
  const { decoded } = await trackFrame(networks, square, bank);
  const all: Seconds[] = [];
  for (let round = 0; round < rounds; round += 1) {
    all.push((await trackFrame(networks, square, bank)).seconds);
  }
  await networks.dispose();
  await checkpoint.close();
  return { seconds: medians(all), masks: decoded?.masks ?? [] };
}

const round3 = (value: number) => Number(value.toFixed(3));
const total = (seconds: Seconds) => steps.reduce((sum, step) => sum + seconds[step], 0);

const peaks = [await measureMatmulPeak(threads, 8)];
const rows: Record<string, string | number>[] = [];
for (const size of sizes) {
  const exact = await measure(size, 'fp32');
  for (const precision of precisions) {
    const { seconds, masks } = precision === 'fp32' ? exact : await measure(size, precision);
    const flops = [
      [encoderFlops(architecture, size), seconds.encode],
      [attentionFlops(size, sam2Sizes.memoryFrames, memoryPointers), seconds.attend],
    ] as const;
    const [encode, attend] = flops.map(([count, time]) => count / time / 1e9);
    const same = masks.map((mask, at) => overlap(mask, exact.masks[at] ?? mask));
    rows.push({
      what: `roto ${precision}`,
      size,
      seconds: round3(total(seconds)),
      ...Object.fromEntries(
        steps.flatMap((step) => [
          [step, round3(seconds[step])],
          [`${step}Share`, Number((seconds[step] / total(seconds)).toFixed(2))],
        ]),
      ),
      encodeGflops: Math.round(encode ?? 0),
      attendGflops: Math.round(attend ?? 0),
      smallestIou: round3(Math.min(...same)),
    });
  }
  if (python !== undefined) {
    const reference = await measureReference(python, { size, threads, frames: rounds });
    const ours = total(exact.seconds);
    for (const precision of ['fp32', 'bf16'] as const) {
      const theirs = reference[precision];
      rows.push({
        what: `PyTorch ${precision}`,
        size,
        seconds: round3(theirs),
        rotoOverIt: round3(ours / theirs),
      });
    }
  }
}
await rm(folder, { recursive: true });
// Twice, so that what else the machine does is less likely to hide it.
peaks.push(await measureMatmulPeak(threads, 8));

console.table(rows);
console.log(
  JSON.stringify({
    schema: 'roto.bench.sam2/1',
    model: name,
    cpu: cpus()[0]?.model ?? 'unknown',
    threads,
    load: loadavg().map((load) => Number(load.toFixed(1))),
    rounds,
    matmulPeakGflops: Math.round(Math.max(...peaks) / 1e9),
    rows,
  }),
);

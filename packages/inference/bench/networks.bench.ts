/**
 * Time of MobileSAM's networks, published and rebuilt, alternating in one run so that the ratios
 * hold on a busy machine. Prints a table, then one JSON document.
 *
 *   node --conditions=roto-source packages/inference/bench/networks.bench.ts [rounds]
 */

import { availableParallelism, cpus } from 'node:os';
import { ShotEngine } from '@roto/sdk/contract';
import { createLiteNetworks } from '../src/engine/lite/mobile-sam.ts';
import { createOriginalNetworks } from '../src/engine/lite/mobile-sam-original.ts';
import type { LiteNetworks, ViewPixels } from '../src/engine/lite/networks.ts';
import { resolveEngine } from '../src/models/resolve-engine.ts';
import { hasByteDotProducts } from '../src/ort/cpu.ts';

interface Case {
  readonly name: string;
  readonly networks: LiteNetworks;
  readonly view: ViewPixels;
  readonly encodeMs: number[];
  readonly decodeMs: number[];
}

/** Smooth waves with some detail: no value is special, and no input is needed. */
function testView(width: number, height: number): ViewPixels {
  const data = new Float32Array(3 * width * height).map((_, at) => {
    const x = at % width;
    const y = Math.floor(at / width);
    return Math.sin(x / 40 + y / 90) + 0.5 * Math.sin(x * y * 1e-3) + 0.2 * Math.sin(at * 1.7);
  });
  return { width, height, data };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

async function measure(one: Case): Promise<void> {
  const { view } = one;
  const start = performance.now();
  const features = await one.networks.encode(view);
  const encoded = performance.now();
  await one.networks.decode(features, {
    coords: Float32Array.of(view.width / 4, view.height / 4, view.width / 2, view.height / 2),
    labels: Float32Array.of(2, 3),
    mask: new Float32Array(16 * features.gridWidth * features.gridHeight).fill(1),
  });
  one.encodeMs.push(encoded - start);
  one.decodeMs.push(performance.now() - encoded);
}

const rounds = Math.max(1, Number(process.argv[2] ?? 8));
const { config } = await resolveEngine(
  ShotEngine.parse({
    name: 'lite',
    device: 'cpu',
    quality: 'standard',
    direction: 'both',
  }),
);
const { modelPath } = config;
const original = await createOriginalNetworks({ modelPath });
const fp32 = await createLiteNetworks({ modelPath, precision: 'fp32' });
const int8 = await createLiteNetworks({ modelPath, precision: 'int8' });
const plan: readonly (readonly [string, LiteNetworks, number, number])[] = [
  ['published', original, 1024, 1024],
  ['rebuilt fp32', fp32, 1024, 1024],
  ['rebuilt int8', int8, 1024, 1024],
  ['rebuilt fp32', fp32, 1024, 576],
  ['rebuilt int8', int8, 1024, 576],
  ['rebuilt int8', int8, 896, 896],
  ['rebuilt int8', int8, 896, 512],
  ['rebuilt int8', int8, 672, 672],
  ['rebuilt int8', int8, 672, 384],
];
const cases: readonly Case[] = plan.map(([name, networks, width, height]) => ({
  name,
  networks,
  view: testView(width, height),
  encodeMs: [],
  decodeMs: [],
}));
for (let round = -1; round < rounds; round++) {
  for (const one of cases) {
    await measure(one);
    if (round < 0) {
      // The first round warms the caches and is not counted.
      one.encodeMs.length = 0;
      one.decodeMs.length = 0;
    }
  }
}
await Promise.all([original, fp32, int8].map((networks) => networks.dispose()));

const base = cases[0];
const ratio = (ours: number, theirs: number) => Number((ours / theirs).toFixed(3));
// The fastest of the rounds says what an idle machine would do; the median, what this one did.
const rows = cases.map((one) => ({
  network: one.name,
  size: `${one.view.width}x${one.view.height}`,
  encodeMs: Math.round(median(one.encodeMs)),
  encodeRatio: ratio(median(one.encodeMs), median(base?.encodeMs ?? [])),
  fastestEncodeMs: Math.round(Math.min(...one.encodeMs)),
  fastestEncodeRatio: ratio(Math.min(...one.encodeMs), Math.min(...(base?.encodeMs ?? []))),
  decodeMs: Math.round(median(one.decodeMs)),
  decodeRatio: ratio(median(one.decodeMs), median(base?.decodeMs ?? [])),
}));
console.table(rows);
console.log(
  JSON.stringify({
    schema: 'roto.bench.networks/1',
    cpu: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    byteDotProducts: hasByteDotProducts(),
    rounds,
    rows,
  }),
);

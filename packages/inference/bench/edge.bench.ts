/**
 * Error of the matte's edge on a clip with exact alpha, for the engine's logits thresholded, their
 * bilinear sigmoid, and the drawn edge; then time of every matte step on a 1920x1080 plate as a
 * ratio to the bilinear sigmoid of the same plate.
 *
 *     node --conditions=roto-source packages/inference/bench/edge.bench.ts
 *       [--frames 60] [--made-only] [--pictures FOLDER]
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ShotEngine, ShotMatte } from '@roto/sdk/contract';
import type { ObjectMask } from '../src/engine/engine.ts';
import { createLiteEngine } from '../src/engine/lite/lite-engine.ts';
import { renderMatte } from '../src/matte/render-matte.ts';
import { resolveEngine } from '../src/models/resolve-engine.ts';
import { writeEdgePicture } from './edge/edge-picture.ts';
import { type MadeMask, makeMask } from './edge/made-mask.ts';
import { plainEdges } from './edge/plain-edges.ts';
import { stepTimes } from './edge/step-times.ts';
import {
  type EdgeError,
  edgeErrors,
  listFrames,
  readClicks,
  readTrueFrame,
  type TrueFrame,
} from './edge/true-edge.ts';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '60' },
    'made-only': { type: 'boolean', default: false },
    pictures: { type: 'string' },
  },
});

const settings = ShotMatte.parse({});
const made: Readonly<Record<string, MadeMask>> = {
  'made: blur 1': { context: 2, blur: 1, wander: 0 },
  'made: blur 2': { context: 2, blur: 2, wander: 0 },
  'made: blur 1, wander 1': { context: 2, blur: 1, wander: 1 },
  'made: coarse, wander .7': { context: 4, blur: 1, wander: 0.7 },
};

function drawnAlpha(mask: ObjectMask, truth: TrueFrame): Float32Array {
  return Float32Array.from(renderMatte(mask, truth.plate, settings).alpha, (v) => v / 65535);
}

function compare(mask: ObjectMask, truth: TrueFrame): EdgeError[] {
  const plain = plainEdges(mask, truth.plate.width, truth.plate.height);
  const mattes = [plain.threshold, plain.sigmoid, drawnAlpha(mask, truth)];
  return edgeErrors(truth, plain.threshold, mattes);
}

function report(name: string, frames: readonly EdgeError[][]): void {
  const mean = (matte: number, pick: (error: EdgeError) => number) =>
    frames.reduce((sum, errors) => {
      const error = errors[matte];
      return sum + (error === undefined ? 0 : pick(error));
    }, 0) / frames.length;
  const cells = [0, 1, 2].flatMap((m) => [mean(m, (e) => e.all), mean(m, (e) => e.found)]);
  console.log(name.padEnd(26), cells.map((value) => value.toFixed(4).padStart(9)).join(''));
}

async function trackedMasks(frames: readonly TrueFrame[]): Promise<ObjectMask[]> {
  const { config: found } = await resolveEngine(
    ShotEngine.parse({
      name: 'lite',
      device: 'cpu',
      quality: 'standard',
      direction: 'forward',
    }),
  );
  const engine = await createLiteEngine(found);
  const tracker = engine.createTracker({ clip: { first: 0, last: frames.length - 1 } });
  const clicks = await readClicks();
  const masks: ObjectMask[] = [];
  for (const { plate } of frames) {
    const mask =
      masks.length === 0
        ? await tracker.seed(plate, clicks)
        : await tracker.track(plate, 'forward');
    masks.push(mask);
  }
  await engine.dispose();
  return masks;
}

async function writePictures(
  folder: string,
  frames: readonly TrueFrame[],
  masks: readonly ObjectMask[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [index, truth] of frames.entries()) {
    const mask = masks[index];
    if (index % 20 !== 0 || mask === undefined) continue;
    const plain = plainEdges(mask, truth.plate.width, truth.plate.height);
    const mattes = [truth.alpha, plain.threshold, plain.sigmoid, drawnAlpha(mask, truth)];
    for (const [part, top] of [
      ['head', 10],
      ['waist', 130],
      ['feet', 240],
    ] as const) {
      const box = { left: 230, top, right: 350, bottom: top + 110 };
      await writeEdgePicture(join(folder, `edge-${index}-${part}.png`), truth.plate, mattes, box);
    }
  }
}

const numbers = await listFrames().catch(() => undefined);
if (numbers === undefined) {
  console.log('Skipped: no clip with alpha. Set ROTO_TEST_DATA to the folder of dancer_garden.');
  process.exit(0);
}
const frames: TrueFrame[] = [];
for (const number of numbers.slice(0, Number(values.frames)))
  frames.push(await readTrueFrame(number));

console.log('Mean absolute difference of alpha within 10 px of the true edge: over all of it, and');
console.log('where the engine found it within 5 px.');
console.log(''.padEnd(26), '        threshold    bilinear sigmoid        drawn edge');
console.log(''.padEnd(26), '      all    found      all    found      all    found');
const everyTenth = frames.filter((_, index) => index % 10 === 0);
for (const [name, how] of Object.entries(made)) {
  report(
    name,
    everyTenth.map((truth) => compare(makeMask(truth, how), truth)),
  );
}
if (!values['made-only']) {
  const masks = await trackedMasks(frames);
  report(
    `lite engine, ${frames.length} frames`,
    frames.flatMap((truth, index) => {
      const mask = masks[index];
      return mask === undefined ? [] : [compare(mask, truth)];
    }),
  );
  if (values.pictures !== undefined) await writePictures(values.pictures, frames, masks);
}
console.log();
console.log('Time on a 1920x1080 plate, as a ratio to the bilinear sigmoid of the whole plate');
const [first] = frames;
if (first !== undefined) {
  for (const [step, { ms, ratio }] of Object.entries(stepTimes(first))) {
    console.log(
      step.padEnd(26),
      `x${ratio.toFixed(2)}`.padStart(9),
      `${ms.toFixed(0)} ms`.padStart(9),
    );
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import type { Precision } from '../../src/engine/sam2/graph/sam2-graph.ts';
import { createSam2Networks } from '../../src/engine/sam2/onnx-networks.ts';
import { resizeSmoothly } from '../../src/engine/sam2/resize-smoothly.ts';
import { sam2Engine } from '../../src/engine/sam2/sam2-engine.ts';
import { difference } from '../support/difference.ts';
import { madeFrame, madeHeight, madeWidth } from '../support/made-clip.ts';
import { MadeModels } from '../support/made-model.ts';
import { overlap } from '../support/overlap.ts';

// The graphs that run on CUDA, on the CPU: it keeps values between layers in float16 as well, and
// sums in float32 as CUDA does. Masks of made weights have no edges, and at small sizes few cells:
// there the rounding of the trunk's weights alone moves them by more than this test allows.
const size = 512;
const frames = 6;
/** Moves every score above 0. */
const there = 5;
/** Of a machine that does much else, ms. */
const patience = 600_000;

test(
  'float16 follows an object with the masks of float32, on every frame',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'roto half '));
    const models = await MadeModels.create();
    try {
      const path = await models.path('sam2.1-tiny', there);
      const [exact, half] = [
        await follow(path, 'fp32', folder),
        await follow(path, 'fp16', folder),
      ];
      expect(half.length).toBe(frames);
      for (const [at, mask] of exact.entries()) {
        const got = half[at] ?? [];
        const error = difference(got, mask);
        expect(error, `logits of frame ${at}`).toBeLessThan(1e-2);
        // Numbers that are not float16 after all would be equal.
        expect(error).toBeGreaterThan(1e-6);
        expect(overlap(enlarged(got), enlarged(mask)), `frame ${at}`).toBeGreaterThanOrEqual(0.995);
      }
    } finally {
      await models.remove();
      await rm(folder, { recursive: true });
    }
  },
  patience,
);

/** Logits of a clicked object on each frame, each of them in one run of all networks where half. */
async function follow(path: string, precision: Precision, cacheDir: string) {
  const checkpoint = await openCheckpoint(path);
  const fused = precision === 'fp16';
  const options = { checkpoint, inputSize: size, cacheDir, precision, fused, threads: 2 };
  const networks = await createSam2Networks(options);
  await checkpoint.close();
  const engine = sam2Engine(networks, {
    engine: 'sam2',
    model: { id: 'made', sha256: '0'.repeat(64) },
    device: 'cpu',
    settings: {},
  });
  try {
    const clip = { first: 0, last: frames - 1 };
    // Whether a hole has 8 cells or 9 hangs on the last digit of one: filling would compare that.
    const tracker = engine.createTracker({ clip, rules: { preset: 'product', fillHoleArea: 0 } });
    const points = [
      { x: 160, y: 60, label: 'positive' as const },
      { x: 60, y: 150, label: 'positive' as const },
    ];
    const masks = [(await tracker.seed(frameAt(0), { points })).logits];
    for (let number = 1; number < frames; number += 1) {
      masks.push((await tracker.track(frameAt(number), 'forward')).logits);
    }
    return masks;
  } finally {
    await engine.dispose();
  }
}

function frameAt(number: number) {
  return { number, width: madeWidth, height: madeHeight, rgb: madeFrame(number) };
}

/** Logits at the size of the square. */
function enlarged(logits: ArrayLike<number>): Float32Array {
  const values = Float32Array.from(logits);
  const side = Math.sqrt(values.length);
  return resizeSmoothly({ width: side, height: side, values }, size, size).values;
}

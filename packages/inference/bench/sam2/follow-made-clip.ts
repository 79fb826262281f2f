import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import type { Precision } from '../../src/engine/sam2/graph/sam2-graph.ts';
import { createSam2Networks } from '../../src/engine/sam2/onnx-networks.ts';
import { sam2Engine } from '../../src/engine/sam2/sam2-engine.ts';
import { madeFrame, madeHeight, madeWidth } from '../../test/support/made-clip.ts';

export interface FollowOptions {
  readonly modelPath: string;
  readonly inputSize: number;
  readonly cacheDir: string;
  readonly device: string;
  readonly precision?: Precision;
  /** See `Sam2NetworkOptions`. */
  readonly fused?: boolean;
  /** Frames of the clip; the first is clicked. */
  readonly frames: number;
}

export interface Followed {
  /** Logits of each frame. */
  readonly masks: readonly Float32Array[];
  /** Median of a tracked frame once the memory and its pointers are full, or of the last half. */
  readonly seconds: number;
}

/** Frames until the memory and its pointers are full. */
const filling = 16;

/** An object of the made clip clicked on the first frame and followed to the last. */
export async function followMadeClip(options: FollowOptions): Promise<Followed> {
  const { modelPath, frames, ...rest } = options;
  const checkpoint = await openCheckpoint(modelPath);
  const networks = await createSam2Networks({ checkpoint, ...rest });
  const engine = sam2Engine(networks, {
    engine: 'sam2',
    model: { id: 'made', sha256: await checkpoint.sha256() },
    device: rest.device,
    settings: {},
  });
  await checkpoint.close();
  const clip = { first: 0, last: frames - 1 };
  // Whether a hole has 8 cells or 9 hangs on the last digit of one: filling would compare that.
  const rules = { preset: 'product', fillHoleArea: 0 } as const;
  const tracker = engine.createTracker({ clip, rules });
  const frameAt = (number: number) => ({
    number,
    width: madeWidth,
    height: madeHeight,
    rgb: madeFrame(number),
  });
  const click = { points: [{ x: 90, y: 90, label: 'positive' as const }] };
  const masks = [(await tracker.seed(frameAt(0), click)).logits];
  const times: number[] = [];
  for (let number = 1; number < frames; number += 1) {
    const frame = frameAt(number);
    const start = performance.now();
    masks.push((await tracker.track(frame, 'forward')).logits);
    times.push((performance.now() - start) / 1000);
  }
  await engine.dispose();
  const full = times
    .slice(Math.min(filling, Math.floor(times.length / 2)))
    .toSorted((a, b) => a - b);
  return { masks, seconds: full[Math.floor(full.length / 2)] ?? Number.NaN };
}

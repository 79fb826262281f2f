import type { ObjectMask, Region } from '../engine/engine.ts';

/** Keeps a weight above nothing where both sides lost the object. */
const leastTrust = 0.02;

/**
 * Blends two masks of one frame, tracked from either side, by nearness in time and by score. The
 * grid is that of the side that counts more; `nearness` is 0 at the frame the first was tracked
 * from and 1 at the other's.
 */
export function blendMasks(before: ObjectMask, after: ObjectMask, nearness: number): ObjectMask {
  const trustBefore = (1 - nearness) * Math.max(before.score, leastTrust);
  const trustAfter = nearness * Math.max(after.score, leastTrust);
  const weight = trustAfter / (trustBefore + trustAfter);
  const [main, other] = weight < 0.5 ? [before, after] : [after, before];
  const otherWeight = Math.min(weight, 1 - weight);
  const resampled = resampleLogits(other, main.region, main.width, main.height);
  const logits = new Float32Array(main.logits.length);
  for (let i = 0; i < logits.length; i += 1) {
    logits[i] = (1 - otherWeight) * (main.logits[i] ?? 0) + otherWeight * (resampled[i] ?? 0);
  }
  const score = (1 - weight) * before.score + weight * after.score;
  return { ...main, logits, score };
}

/** Logits of a mask on another grid, bilinear; outside its region the lowest it has. */
function resampleLogits(
  mask: ObjectMask,
  region: Region,
  width: number,
  height: number,
): Float32Array {
  let lowest = 0;
  for (const value of mask.logits) if (value < lowest) lowest = value;
  const out = new Float32Array(width * height).fill(lowest);
  const xs = gridPositions(
    width,
    region.x,
    region.width,
    mask.region.x,
    mask.region.width,
    mask.width,
  );
  const ys = gridPositions(
    height,
    region.y,
    region.height,
    mask.region.y,
    mask.region.height,
    mask.height,
  );
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const value = sampleBilinear(mask, xs[x] ?? 0, ys[y] ?? 0);
      if (value !== undefined) out[y * width + x] = value;
    }
  }
  return out;
}

/** Where the cell centres of one grid lie in the cells of another, along one axis. */
function gridPositions(
  count: number,
  start: number,
  length: number,
  otherStart: number,
  otherLength: number,
  otherCount: number,
): Float64Array {
  const positions = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    const pixel = start + ((i + 0.5) * length) / count;
    positions[i] = ((pixel - otherStart) * otherCount) / otherLength - 0.5;
  }
  return positions;
}

function sampleBilinear(mask: ObjectMask, x: number, y: number): number | undefined {
  if (x < -0.5 || y < -0.5 || x > mask.width - 0.5 || y > mask.height - 0.5) return undefined;
  const left = Math.min(Math.max(x, 0), mask.width - 1);
  const top = Math.min(Math.max(y, 0), mask.height - 1);
  const x0 = Math.floor(left);
  const y0 = Math.floor(top);
  const x1 = Math.min(x0 + 1, mask.width - 1);
  const y1 = Math.min(y0 + 1, mask.height - 1);
  const at = (column: number, row: number): number => mask.logits[row * mask.width + column] ?? 0;
  const upper = at(x0, y0) + (at(x1, y0) - at(x0, y0)) * (left - x0);
  const lower = at(x0, y1) + (at(x1, y1) - at(x0, y1)) * (left - x0);
  return upper + (lower - upper) * (top - y0);
}

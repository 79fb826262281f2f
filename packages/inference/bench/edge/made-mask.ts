import type { ObjectMask } from '../../src/engine/engine.ts';
import { gaussianBlur } from '../../src/matte/gaussian-blur.ts';
import type { TrueFrame } from './true-edge.ts';

/** How a true alpha is made as coarse and wrong as an engine's logits. Lengths are in cells. */
export interface MadeMask {
  /** Side of the square region as a multiple of the object's longer side. */
  readonly context: number;
  readonly blur: number;
  /** Standard deviation of a smooth displacement of the edge. */
  readonly wander: number;
}

const cells = 256;
const samples = 4;

/** A 256x256 grid of logits, -8..8, of the binarised truth after the displacement and the blur. */
export function makeMask({ plate, alpha }: TrueFrame, made: MadeMask): ObjectMask {
  const { width, height } = plate;
  let [left, right, top, bottom] = [width, 0, height, 0];
  for (let i = 0; i < alpha.length; i++) {
    if ((alpha[i] ?? 0) < 0.5) continue;
    left = Math.min(left, i % width);
    right = Math.max(right, (i % width) + 1);
    top = Math.min(top, Math.floor(i / width));
    bottom = Math.floor(i / width) + 1;
  }
  const side = made.context * Math.max(right - left, bottom - top);
  const region = {
    x: (left + right - side) / 2,
    y: (top + bottom - side) / 2,
    width: side,
    height: side,
  };
  const random = createRandom(plate.number);
  const shiftX = smoothNoise(random, made.wander);
  const shiftY = smoothNoise(random, made.wander);
  const logits = new Float32Array(cells * cells);
  for (let i = 0; i < logits.length; i++) {
    const x = (i % cells) + (shiftX[i] ?? 0);
    const y = Math.floor(i / cells) + (shiftY[i] ?? 0);
    let inside = 0;
    for (let k = 0; k < samples * samples; k++) {
      const u = x + ((k % samples) + 0.5) / samples;
      const v = y + (Math.floor(k / samples) + 0.5) / samples;
      const column = Math.floor(region.x + (u * side) / cells);
      const row = Math.floor(region.y + (v * side) / cells);
      if (column < 0 || row < 0 || column >= width || row >= height) continue;
      if ((alpha[row * width + column] ?? 0) >= 0.5) inside++;
    }
    logits[i] = inside / (samples * samples);
  }
  gaussianBlur(logits, cells, made.blur);
  for (let i = 0; i < logits.length; i++) logits[i] = 16 * ((logits[i] ?? 0) - 0.5);
  return { width: cells, height: cells, logits, region, score: 1 };
}

function smoothNoise(random: () => number, deviation: number): Float32Array {
  const noise = Float32Array.from({ length: cells * cells }, () => random() - 0.5);
  if (deviation === 0) return noise.fill(0);
  gaussianBlur(noise, cells, 6);
  const power = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
  return noise.map((value) => (value * deviation) / Math.sqrt(power));
}

/** Mulberry32 (T. Ettinger, public domain): the same numbers on every machine. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

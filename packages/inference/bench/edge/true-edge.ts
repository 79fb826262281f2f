import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { EnginePrompt } from '../../src/engine/engine.ts';
import { nearestSites } from '../../src/matte/distance-transform.ts';
import type { Frame } from '../../src/media/clip.ts';

/** The clip with exact alpha; outside the repository. */
export const clipFolder = join(
  process.env['ROTO_TEST_DATA'] ??
    fileURLToPath(new URL('../../../../../shared/data', import.meta.url)),
  'dancer_garden',
);

/** A plate and the true alpha on it, 0..1. */
export interface TrueFrame {
  readonly plate: Frame;
  readonly alpha: Float32Array;
}

/** Numbers of the frames with alpha; rejects where the clip is not there. */
export async function listFrames(): Promise<number[]> {
  const names = await readdir(join(clipFolder, 'alpha', '1'));
  return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
}

export async function readTrueFrame(number: number): Promise<TrueFrame> {
  const name = String(number).padStart(5, '0');
  const plate = sharp(join(clipFolder, 'frames', `${name}.jpg`)).removeAlpha();
  const { data, info } = await plate.raw().toBuffer({ resolveWithObject: true });
  const matte = sharp(join(clipFolder, 'alpha', '1', `${name}.png`)).extractChannel(0);
  return {
    plate: { number, width: info.width, height: info.height, rgb: new Uint8Array(data) },
    alpha: Float32Array.from(await matte.raw().toBuffer(), (value) => value / 255),
  };
}

/** What a user would click on the first frame. */
export async function readClicks(): Promise<EnginePrompt> {
  const { objects } = JSON.parse(await readFile(join(clipFolder, 'prompts.json'), 'utf8'));
  const points: [number, number][] = objects['1'].points;
  return { points: points.map(([x, y]) => ({ x: x + 0.5, y: y + 0.5, label: 'positive' })) };
}

/** Mean absolute difference of alpha near the true edge, 0..1. */
export interface EdgeError {
  /** Over every pixel within 10 px of the true edge. */
  readonly all: number;
  /** Over those of them where the engine's own edge passes within 5 px of the true one. */
  readonly found: number;
}

const band = 10;
const foundWithin = 5;

/** Compares mattes of one frame with the truth; `engine` is the engine's own contour, 0 or 1. */
export function edgeErrors(
  truth: TrueFrame,
  engine: Float32Array,
  mattes: readonly Float32Array[],
): EdgeError[] {
  const { width } = truth.plate;
  const trueEdge = nearestSites(edgeOf(truth.alpha, width), width);
  const engineEdge = nearestSites(edgeOf(engine, width), width);
  return mattes.map((matte) => {
    const sums = { all: 0, found: 0, allPixels: 0, foundPixels: 0 };
    for (let i = 0; i < matte.length; i++) {
      const site = trueEdge[i] ?? -1;
      if (site < 0 || distance(i, site, width) > band) continue;
      const error = Math.abs((matte[i] ?? 0) - (truth.alpha[i] ?? 0));
      sums.all += error;
      sums.allPixels++;
      const near = engineEdge[site] ?? -1;
      if (near < 0 || distance(site, near, width) > foundWithin) continue;
      sums.found += error;
      sums.foundPixels++;
    }
    return { all: sums.all / sums.allPixels, found: sums.found / sums.foundPixels };
  });
}

function distance(a: number, b: number, width: number): number {
  return Math.hypot((a % width) - (b % width), Math.floor(a / width) - Math.floor(b / width));
}

/** Pixels on either side of the contour of a half. */
function edgeOf(alpha: Float32Array, width: number): Uint8Array {
  const inside = (i: number) => (alpha[i] ?? 0) >= 0.5;
  return Uint8Array.from(alpha, (_, i) => {
    const right = (i + 1) % width !== 0 && inside(i) !== inside(i + 1);
    const left = i % width !== 0 && inside(i) !== inside(i - 1);
    const below = i + width < alpha.length && inside(i) !== inside(i + width);
    const above = i >= width && inside(i) !== inside(i - width);
    return right || left || below || above ? 1 : 0;
  });
}

import { type AffineMotion, fitAffineMotion, motionAt } from './affine-motion.ts';
import { type Flow, type GreyPicture, sampleAt } from './optical-flow.ts';
import { clip } from './prior.ts';

/** Which pixels of a small picture move as the ground does while the object moves otherwise. */
export interface GroundMotion {
  /** How surely a pixel goes with the ground, 0..1; 0 everywhere where the motion does not tell. */
  readonly withGround: Float32Array;
  /** How far the picture itself does not speak against that, 0..1. */
  readonly fitsGround: Float32Array;
  /** How surely a pixel moves otherwise than the ground, 0..1; undefined where that is not known. */
  readonly offGround: Float32Array | undefined;
}

/** What is known of each small pixel. */
export interface PixelEvidence {
  readonly now: GreyPicture;
  readonly before: GreyPicture;
  /** From now to before. */
  readonly flow: Flow;
  /** How far the flow holds both ways, 0..1. */
  readonly certainty: Float32Array;
  /** The last mask's logits where the pixels were then. */
  readonly object: Float32Array;
}

/** Part of the picture that must be ground for its motion to be known. */
const leastGround = 0.01;
/** Motion between object and ground, in small pixels a frame, from which on it tells. */
const leastMotion = 0.3;
/** The same as a multiple of what the ground itself strays from its motion. */
const leastOverStray = 1.5;
/** Share of the object's motion off the ground below which a pixel goes with the ground. */
const near = 0.4;
/** How much better the ground's motion must explain the grey of a pixel than the object's. */
const contrast = 0.4;
/** Differences of grey below this tell nothing. */
const greyNoise = 3;

/**
 * Compares every pixel with two motions: the one most of the picture off the object has, and the
 * one most of the object has. What the last mask holds of the ground by mistake shows itself.
 */
export function groundMotion(evidence: PixelEvidence): GroundMotion {
  const { now, before, flow, certainty, object } = evidence;
  const cells = flow.x.length;
  const withGround = new Float32Array(cells);
  const fitsGround = new Float32Array(cells);
  const sure = (i: number) => (certainty[i] ?? 0) >= 0.5;
  const ground = fitAffineMotion(flow, (i) => sure(i) && (object[i] ?? 0) <= -1);
  const own = fitAffineMotion(flow, (i) => sure(i) && (object[i] ?? 0) >= 2);
  if (ground === undefined || ground.fitted < leastGround * cells) {
    return { withGround, fitsGround, offGround: undefined };
  }
  const stray = strayFrom(flow, ground);
  const typical = quantile(stray, (i) => sure(i) && (object[i] ?? 0) > 2, 0.5);
  const usual = quantile(stray, (i) => sure(i) && (object[i] ?? 0) < -1, 0.6);
  const least = Math.max(leastMotion, leastOverStray * usual);
  const offGround = stray.map((off) => clip(off / least - 1, 0, 1));
  const telling = clip(typical / least - 1, 0, 1);
  if (own === undefined || telling === 0) return { withGround, fitsGround, offGround };
  const byGround = greyDifference(now, before, ground);
  const byOwn = greyDifference(now, before, own);
  for (let i = 0; i < cells; i++) {
    const [g, o] = [byGround[i] ?? 0, byOwn[i] ?? 0];
    const better = (o - g) / (o + g + greyNoise);
    const close = clip((near - (stray[i] ?? 0) / typical) / (0.6 * near), 0, 1);
    fitsGround[i] = clip((better + 0.15) / 0.3, 0, 1);
    withGround[i] = telling * (certainty[i] ?? 0) * clip(better / contrast, 0, 1) * close;
  }
  return { withGround, fitsGround, offGround };
}

/** How far each pixel's flow is off a motion, in pixels. */
function strayFrom(flow: Flow, motion: AffineMotion): Float32Array {
  const stray = new Float32Array(flow.x.length);
  for (let y = 0, i = 0; y < flow.height; y++) {
    for (let x = 0; x < flow.width; x++, i++) {
      const at = motionAt(motion, flow, x, y);
      stray[i] = Math.sqrt(((flow.x[i] ?? 0) - at.x) ** 2 + ((flow.y[i] ?? 0) - at.y) ** 2);
    }
  }
  return stray;
}

/** A quantile of the values that count; 0 where none does. */
function quantile(values: Float32Array, counts: (i: number) => boolean, share: number): number {
  const counted = values.filter((_, i) => counts(i)).sort();
  return counted[Math.floor(counted.length * share)] ?? 0;
}

/** How badly a motion explains the grey of each pixel: mean difference over 3x3 pixels. */
function greyDifference(now: GreyPicture, before: GreyPicture, motion: AffineMotion): Float32Array {
  const { width, height } = now;
  const single = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const at = motionAt(motion, now, x, y);
      const then = sampleAt(before.data, width, height, x + at.x, y + at.y);
      single[i] = Math.abs((now.data[i] ?? 0) - then);
    }
  }
  return meanOf3x3(single, width, height);
}

/** The mean of each value and the up to eight round it. */
function meanOf3x3(plane: Float32Array, width: number, height: number): Float32Array {
  const mean = new Float32Array(plane.length);
  const columns = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - 1), Math.min(height - 1, y + 1)];
    columns.fill(0);
    for (let row = top; row <= bottom; row++) {
      for (let x = 0; x < width; x++) {
        columns[x] = (columns[x] ?? 0) + (plane[row * width + x] ?? 0);
      }
    }
    for (let x = 0; x < width; x++) {
      const [left, right] = [x > 0 ? 1 : 0, x < width - 1 ? 1 : 0];
      const beside = left * (columns[x - 1] ?? 0) + right * (columns[x + 1] ?? 0);
      const count = (1 + left + right) * (bottom - top + 1);
      mean[y * width + x] = ((columns[x] ?? 0) + beside) / count;
    }
  }
  return mean;
}

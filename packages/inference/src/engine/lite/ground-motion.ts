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
  return flow.x.map((fx, i) => {
    const at = motionAt(motion, flow, i % flow.width, Math.floor(i / flow.width));
    return Math.sqrt((fx - at.x) ** 2 + ((flow.y[i] ?? 0) - at.y) ** 2);
  });
}

/** A quantile of the values that count; 0 where none does. */
function quantile(values: Float32Array, counts: (i: number) => boolean, share: number): number {
  const counted = values.filter((_, i) => counts(i)).sort();
  return counted[Math.floor(counted.length * share)] ?? 0;
}

/** How badly a motion explains the grey of each pixel: mean difference over 3x3 pixels. */
function greyDifference(now: GreyPicture, before: GreyPicture, motion: AffineMotion): Float32Array {
  const { width, height } = now;
  const single = now.data.map((value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const at = motionAt(motion, now, x, y);
    return Math.abs(value - sampleAt(before.data, width, height, x + at.x, y + at.y));
  });
  return single.map((_, i) => meanRound(single, width, height, i % width, Math.floor(i / width)));
}

function meanRound(plane: Float32Array, width: number, height: number, x: number, y: number) {
  let sum = 0;
  let count = 0;
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
      sum += plane[row * width + column] ?? 0;
      count++;
    }
  }
  return sum / count;
}

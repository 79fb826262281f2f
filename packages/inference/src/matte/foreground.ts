import type { DeepFrame } from '../media/clip.ts';
import { type Matte, opaque } from './alpha.ts';
import { gaussianBlur } from './gaussian-blur.ts';

/** Standard deviations of the two rounds, in pixels: far for a first guess, near for detail. */
const rounds = [24, 3] as const;

/**
 * The straight colour of the object: the plate with the background's share taken out of the soft
 * edge, so that it can be put over anything. Unchanged where alpha is 65535; spread outwards a
 * little where it is 0. Blur fusion: M. Forte, "Approximate fast foreground colour estimation",
 * ICIP 2021.
 */
export function estimateForeground(plate: DeepFrame, matte: Matte): DeepFrame {
  const rgb = plate.rgb.slice();
  const weights = rounds.map((sigma) => blurredWeights(matte, sigma));
  for (let channel = 0; channel < 3; channel++) {
    const object = new Float32Array(matte.alpha.length);
    for (let i = 0; i < object.length; i++) object[i] = plate.rgb[3 * i + channel] ?? 0;
    const ground = object.slice();
    for (const [round, sigma] of rounds.entries()) {
      const weight = weights[round];
      if (weight !== undefined) fuse(plate, matte, { channel, object, ground, weight, sigma });
    }
    for (let i = 0; i < object.length; i++) {
      if (matte.alpha[i] !== opaque) rgb[3 * i + channel] = Math.round(object[i] ?? 0);
    }
  }
  return { ...plate, rgb };
}

interface Fusion {
  readonly channel: number;
  readonly object: Float32Array;
  readonly ground: Float32Array;
  readonly weight: Float32Array;
  readonly sigma: number;
}

function fuse(plate: DeepFrame, matte: Matte, fusion: Fusion): void {
  const { channel, object, ground, weight, sigma } = fusion;
  for (let i = 0; i < object.length; i++) {
    const alpha = (matte.alpha[i] ?? 0) / opaque;
    object[i] = (object[i] ?? 0) * alpha;
    ground[i] = (ground[i] ?? 0) * (1 - alpha);
  }
  gaussianBlur(object, matte.width, sigma);
  gaussianBlur(ground, matte.width, sigma);
  for (let i = 0; i < object.length; i++) {
    const alpha = (matte.alpha[i] ?? 0) / opaque;
    const inside = weight[i] ?? 0;
    const seen = plate.rgb[3 * i + channel] ?? 0;
    const front = inside > 1e-4 ? (object[i] ?? 0) / inside : seen;
    const back = inside < 1 - 1e-4 ? (ground[i] ?? 0) / (1 - inside) : seen;
    const rest = seen - alpha * front - (1 - alpha) * back;
    object[i] = Math.min(opaque, Math.max(0, front + alpha * rest));
    ground[i] = Math.min(opaque, Math.max(0, back));
  }
}

function blurredWeights(matte: Matte, sigma: number): Float32Array {
  const weight = Float32Array.from(matte.alpha, (value) => value / opaque);
  gaussianBlur(weight, matte.width, sigma);
  return weight;
}

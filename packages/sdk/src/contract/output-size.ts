import type { OutputFormat } from './shot.ts';

/** Size of a clip that outputs are estimated for. */
export interface OutputSize {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
}

/**
 * Bytes of one pixel of one frame, rounded up from mattes and cut-outs of natural footage (an
 * object over a third of the picture, soft edges, grain), and of one frame beside its pixels.
 */
const costs = {
  png8: { pixel: 0.06, frame: 700 },
  png16: { pixel: 0.2, frame: 700 },
  tiff16: { pixel: 0.2, frame: 900 },
  // 16-bit colour of a real plate hardly shrinks.
  rgba: { pixel: 7.5, frame: 900 },
  luma: { pixel: 0.08, frame: 400 },
  prores4444: { pixel: 2.2, frame: 4000 },
  webm: { pixel: 0.3, frame: 400 },
  greenscreen: { pixel: 0.2, frame: 1000 },
  rle: { pixel: 0.006, frame: 300 },
  // Grids of the engine are 256 x 256 at most, whatever the picture.
  logits: { pixel: 0, frame: 256 * 256 * 4 + 300 },
} as const satisfies Record<OutputFormat, { readonly pixel: number; readonly frame: number }>;

/** Bytes that one output of this format may take, roughly, on the safe side. */
export function estimateOutputBytes(
  format: OutputFormat,
  { width, height, frames }: OutputSize,
): number {
  const { pixel, frame } = costs[format];
  return Math.ceil(frames * (width * height * pixel + frame));
}

import type { OutputFormat } from '@roto/sdk/contract';
import type { OutputColor } from './output-color.ts';
import type { MatteFrame } from './writer.ts';
import type { CodedSize } from './yuv.ts';

/** How one movie format is made: raw pictures into ffmpeg, and what ffmpeg makes of them. */
export interface MovieRecipe {
  readonly format: OutputFormat;
  readonly container: 'mov' | 'mp4' | 'webm';
  /** ffmpeg's name of the encoder. */
  readonly encoder: string;
  /** Options of the encoder. */
  readonly options: readonly string[];
  /** ffmpeg's name of the raw pictures' layout; the encoder takes it as it is. */
  readonly pixelFormat: string;
  readonly coded: CodedSize;
  /** Bytes of one raw picture. */
  readonly frameBytes: number;
  readonly color: OutputColor;
  /** Whether the plate's sound goes along. */
  readonly audio: boolean;
  /** Fills `out`, of `frameBytes` and freely reused, with one raw picture. */
  pack(frame: MatteFrame, out: Uint8Array): void;
}

/**
 * Size of a 4:2:0 H.264 picture: sides are even, because its cropping counts chroma samples
 * (ITU-T H.264, 7.4.2.1.1).
 */
export function evenSize({ width, height }: CodedSize): CodedSize {
  return { width: width + (width % 2), height: height + (height % 2) };
}

/** Bytes of a 4:2:0 picture of 8 bits without alpha. */
export function bytes420({ width, height }: CodedSize): number {
  return width * height + 2 * ((width + 1) >> 1) * ((height + 1) >> 1);
}

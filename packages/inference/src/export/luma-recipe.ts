import type { Matte } from '../matte/alpha.ts';
import { bytes420, evenSize, type MovieRecipe } from './movie-recipe.ts';
import { rec709 } from './output-color.ts';
import type { WriterContext } from './writer.ts';
import type { CodedSize } from './yuv.ts';

/**
 * The matte as the picture of an H.264 movie: grey, BT.709 limited range, so that every player and
 * editor shows 0 as black (code 16) and 65535 as white (235). The codec's own loss stays within two
 * of 255; where more precision is wanted there are `png16`, `tiff16` and `prores4444`.
 */
export function lumaRecipe({ clip }: WriterContext): MovieRecipe {
  const coded = evenSize(clip);
  return {
    format: 'luma',
    container: 'mp4',
    encoder: 'libx264',
    // A rate factor spends its bits by how things look, and is 13 codes off at a hard matte's edge.
    options: ['-preset', 'medium', '-qp', '2', '-bf', '0', '-profile:v', 'high'],
    pixelFormat: 'yuv420p',
    coded,
    frameBytes: bytes420(coded),
    color: rec709,
    audio: false,
    pack: ({ matte }, out) => packLuma(matte, coded, out),
  };
}

/** Alpha as limited-range luma with neutral chroma; edge pixels are repeated up to the coded size. */
function packLuma({ width, height, alpha }: Matte, coded: CodedSize, out: Uint8Array): void {
  for (let y = 0; y < coded.height; y++) {
    const row = Math.min(y, height - 1) * width;
    for (let x = 0; x < coded.width; x++) {
      const value = alpha[row + Math.min(x, width - 1)] ?? 0;
      out[y * coded.width + x] = 16.5 + (219 / 65535) * value;
    }
  }
  out.fill(128, coded.width * coded.height);
}

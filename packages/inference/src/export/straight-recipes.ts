import { bytes420, type MovieRecipe } from './movie-recipe.ts';
import { objectColor } from './object-color.ts';
import { limitedRange, plateColor, quickTime } from './output-color.ts';
import type { WriterContext } from './writer.ts';
import { packYuv420p8, packYuv444p10 } from './yuv.ts';

/**
 * ProRes 4444 with 16-bit alpha, fed with 10 bits a channel; the colour beside alpha is the
 * object's own, straight unless the context says premultiplied. Limited range, as ProRes always is.
 */
export function proresRecipe(context: WriterContext): MovieRecipe {
  const { width, height } = context.clip;
  const size = width * height;
  const color = quickTime(limitedRange(plateColor(context.clip)));
  return {
    format: 'prores4444',
    container: 'mov',
    encoder: 'prores_ks',
    options: ['-profile:v', '4444', '-alpha_bits', '16', '-vendor', 'apl0'],
    pixelFormat: 'yuva444p10le',
    coded: { width, height },
    frameBytes: size * 4 * Uint16Array.BYTES_PER_ELEMENT,
    color,
    audio: false,
    pack(frame, out) {
      const planes = new Uint16Array(out.buffer, out.byteOffset, size * 4);
      packYuv444p10(objectColor(frame, context), color.coding, planes);
      const { alpha } = frame.matte;
      for (let i = 0; i < size; i++) planes[3 * size + i] = (1023 / 65535) * (alpha[i] ?? 0) + 0.5;
    },
  };
}

/**
 * VP9 in WebM with alpha beside it, 8 bits, as browsers play it; colour as for ProRes. Odd sizes
 * stay odd: VP9 has no need of even ones.
 */
export function webmRecipe(context: WriterContext): MovieRecipe {
  const { width, height } = context.clip;
  const coded = { width, height };
  const colorBytes = bytes420(coded);
  const color = limitedRange(plateColor(context.clip));
  return {
    format: 'webm',
    container: 'webm',
    encoder: 'libvpx-vp9',
    // Alpha and hidden reference frames do not go together in libvpx.
    options: [
      ...['-crf', '15', '-b:v', '0', '-deadline', 'good', '-cpu-used', '3'],
      ...['-auto-alt-ref', '0'],
    ],
    pixelFormat: 'yuva420p',
    coded,
    frameBytes: colorBytes + width * height,
    color,
    audio: false,
    pack(frame, out) {
      packYuv420p8(objectColor(frame, context), color.coding, coded, out);
      const { alpha } = frame.matte;
      for (let i = 0; i < alpha.length; i++) out[colorBytes + i] = (alpha[i] ?? 0) / 257 + 0.5;
    },
  };
}

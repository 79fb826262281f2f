import { compositeOver } from '../matte/composite.ts';
import { despill } from '../matte/despill.ts';
import type { DeepFrame } from '../media/clip.ts';
import { bytes420, evenSize, type MovieRecipe } from './movie-recipe.ts';
import { straightColor } from './object-color.ts';
import { plateColor } from './output-color.ts';
import type { MatteFrame, WriterContext } from './writer.ts';
import { packYuv420p8 } from './yuv.ts';

/**
 * All objects, their own colour estimated at the edge, over a flat screen as H.264, with the
 * plate's sound, rate, timecode and colour tags. The screen's colour is in the display-referred
 * code values of the plate (sRGB and Rec.709 alike); 4:2:0 chroma softens it at the very edge.
 */
export function greenscreenRecipe(context: WriterContext): MovieRecipe {
  const coded = evenSize(context.clip);
  const color = plateColor(context.clip);
  return {
    format: 'greenscreen',
    container: 'mp4',
    encoder: 'libx264',
    options: ['-preset', 'medium', '-crf', '12', '-profile:v', 'high'],
    pixelFormat: 'yuv420p',
    coded,
    frameBytes: bytes420(coded),
    color,
    audio: true,
    pack(frame, out) {
      packYuv420p8(screened(frame, context), color.coding, coded, out);
    },
  };
}

function screened(frame: MatteFrame, context: WriterContext): DeepFrame {
  const { matte } = frame;
  const straight = straightColor(frame, context);
  const clean = context.despill ? despill(straight, matte, context.color) : straight;
  return compositeOver(clean, matte, context.color);
}

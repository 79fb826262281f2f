import type { DeepFrame } from '../media/clip.ts';
import type { Matte } from './alpha.ts';
import { opaque } from './alpha.ts';
import { gaussianBlur } from './gaussian-blur.ts';
import { screenColorOf } from './screen-color.ts';

/** Standard deviation in pixels of how far inside the edge spill is looked for. */
const reach = 3;

/**
 * Takes the screen's hue out of the edge of a straight foreground: what a pixel's chroma has along
 * the screen's is removed, fully in the edge and fading over a few pixels inside it, and its mean
 * is kept (the average-limit rule of green-screen keyers, for a screen of any hue). Colours of
 * another hue, the wholly inner part of the object and grey screens are left alone.
 * @throws RotoError `invalid_argument`
 */
export function despill(plate: DeepFrame, matte: Matte, screenColor: string): DeepFrame {
  const hue = chromaOf(screenColorOf(screenColor));
  const rgb = plate.rgb.slice();
  if (hue === undefined) return { ...plate, rgb };
  const depth = Float32Array.from(matte.alpha);
  gaussianBlur(depth, matte.width, reach);
  for (let i = 0; i < matte.alpha.length; i++) {
    const alpha = matte.alpha[i] ?? 0;
    if (alpha === 0) continue;
    // Half way through a straight edge the blurred alpha is a half: full strength from there out.
    const strength = Math.min(1, 2 * (1 - Math.min(depth[i] ?? 0, opaque) / opaque));
    const [r, g, b] = [rgb[3 * i] ?? 0, rgb[3 * i + 1] ?? 0, rgb[3 * i + 2] ?? 0];
    const spill = strength * Math.max(0, r * hue[0] + g * hue[1] + b * hue[2]);
    if (spill < 0.5) continue;
    rgb[3 * i] = clamp(r - spill * hue[0]);
    rgb[3 * i + 1] = clamp(g - spill * hue[1]);
    rgb[3 * i + 2] = clamp(b - spill * hue[2]);
  }
  return { ...plate, rgb };
}

/** Unit vector of the colour without its mean; undefined for a colour too grey to have a hue. */
function chromaOf(color: readonly [number, number, number]): [number, number, number] | undefined {
  const mean = (color[0] + color[1] + color[2]) / 3;
  const [r, g, b] = [color[0] - mean, color[1] - mean, color[2] - mean];
  const length = Math.hypot(r, g, b);
  return length < 0.02 * opaque ? undefined : [r / length, g / length, b / length];
}

function clamp(value: number): number {
  return Math.min(opaque, Math.max(0, Math.round(value)));
}

import type { DeepFrame } from '../media/clip.ts';
import { type Matte, opaque } from './alpha.ts';
import { gaussianBlur } from './gaussian-blur.ts';
import { boundsOf, cutOut, growBox, type PixelBox } from './pixel-box.ts';
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
  const { width, height } = matte;
  const object = boundsOf(matte.alpha, width, { least: 1, most: opaque });
  if (hue === undefined || object === undefined) return { ...plate, rgb };
  const box = growBox(object, 4 * reach, width, height);
  const strength = strengthIn(matte, box);
  let at = 0;
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const share = strength[at++] ?? 0;
      if (share > 0) takeSpill(rgb, 3 * (y * width + x), hue, share);
    }
  }
  return { ...plate, rgb };
}

/** 1 from half way through the edge outwards, falling to 0 inside; 0 where there is no object. */
function strengthIn(matte: Matte, box: PixelBox): Float32Array {
  const part = cutOut(matte.alpha, matte.width, box);
  const depth = Float32Array.from(part);
  gaussianBlur(depth, box.right - box.left, reach);
  for (let i = 0; i < depth.length; i++) {
    const inside = Math.min(1, (depth[i] ?? 0) / opaque);
    const share = Math.min(1, 2 * (1 - inside));
    // Rounding of the blur is no edge.
    depth[i] = part[i] === 0 || share < 1e-4 ? 0 : share;
  }
  return depth;
}

function takeSpill(
  rgb: Uint16Array,
  at: number,
  hue: readonly [number, number, number],
  share: number,
): void {
  const red = rgb[at] ?? 0;
  const green = rgb[at + 1] ?? 0;
  const blue = rgb[at + 2] ?? 0;
  const spill = share * (red * hue[0] + green * hue[1] + blue * hue[2]);
  if (spill < 0.5) return;
  rgb[at] = clamp(red - spill * hue[0]);
  rgb[at + 1] = clamp(green - spill * hue[1]);
  rgb[at + 2] = clamp(blue - spill * hue[2]);
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

import type { DeepFrame } from '../media/clip.ts';
import { type Matte, opaque } from './alpha.ts';

/** Straight colour times alpha, in the plate's own display-referred values. */
export function premultiply(foreground: DeepFrame, matte: Matte): DeepFrame {
  const rgb = new Uint16Array(foreground.rgb.length);
  for (let i = 0; i < matte.alpha.length; i++) {
    const alpha = matte.alpha[i] ?? 0;
    if (alpha === 0) continue;
    for (let c = 0; c < 3; c++) {
      rgb[3 * i + c] = Math.round(((foreground.rgb[3 * i + c] ?? 0) * alpha) / opaque);
    }
  }
  return { ...foreground, rgb };
}

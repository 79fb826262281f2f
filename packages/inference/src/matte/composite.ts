import type { DeepFrame } from '../media/clip.ts';
import { type Matte, opaque } from './alpha.ts';
import { screenColorOf } from './screen-color.ts';

/**
 * A straight foreground over a flat `#rrggbb` colour, in the plate's own display-referred values,
 * as compositing programs do it unless told to work in linear light.
 * @throws RotoError `invalid_argument`
 */
export function compositeOver(foreground: DeepFrame, matte: Matte, color: string): DeepFrame {
  const screen = screenColorOf(color);
  const rgb = new Uint16Array(foreground.rgb.length);
  for (let i = 0; i < matte.alpha.length; i++) {
    const alpha = matte.alpha[i] ?? 0;
    for (let c = 0; c < 3; c++) {
      const over = (foreground.rgb[3 * i + c] ?? 0) * alpha + (screen[c] ?? 0) * (opaque - alpha);
      rgb[3 * i + c] = Math.round(over / opaque);
    }
  }
  return { ...foreground, rgb };
}

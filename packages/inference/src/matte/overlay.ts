import type { Frame } from '../media/clip.ts';
import { type Matte, opaque } from './alpha.ts';

/** Colours objects are shown in where they have none of their own. */
export const overlayColors: readonly string[] = [
  '#ff3b30',
  '#34c759',
  '#0a84ff',
  '#ffcc00',
  '#bf5af2',
  '#64d2ff',
];

const tint = 0.55;
/** Half a pixel either side of an alpha of one half is drawn as the outline. */
const outlineBand = 0.35;

/** The plate with a matte laid over it in a colour and its outline drawn, for a person to look at. */
export function overlayMatte(plate: Frame, matte: Matte, color: string): Frame {
  const rgb = plate.rgb.slice();
  const [red, green, blue] = colorBytes(color);
  const mix = (index: number, value: number, amount: number): void => {
    const from = rgb[index] ?? 0;
    rgb[index] = Math.round(from + (value - from) * amount);
  };
  for (let i = 0; i < matte.alpha.length; i += 1) {
    const alpha = (matte.alpha[i] ?? 0) / opaque;
    if (alpha === 0) continue;
    const onOutline = Math.abs(alpha - 0.5) < outlineBand;
    const amount = onOutline ? 1 : alpha * tint;
    mix(3 * i, red, amount);
    mix(3 * i + 1, green, amount);
    mix(3 * i + 2, blue, amount);
  }
  return { ...plate, rgb };
}

function colorBytes(color: string): readonly [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

import sharp from 'sharp';
import type { Frame } from '../media/clip.ts';
import type { Matte } from './alpha.ts';
import { overlayMatte } from './overlay.ts';

/** A matte and the colour, `#rrggbb`, it is shown in. */
export interface OverlayLayer {
  readonly matte: Matte;
  readonly color: string;
}

/** The plate with mattes laid over it, one after the other. */
export function overlayLayers(plate: Frame, layers: readonly OverlayLayer[]): Frame {
  return layers.reduce((picture, { matte, color }) => overlayMatte(picture, matte, color), plate);
}

/** The same as a PNG file, 8-bit RGB at the plate's size. */
export async function overlayPng(
  plate: Frame,
  layers: readonly OverlayLayer[],
): Promise<Uint8Array> {
  const { width, height, rgb } = overlayLayers(plate, layers);
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

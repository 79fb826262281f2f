import type { EnginePrompt } from '../engine.ts';
import type { DecoderPoint } from './networks.ts';

/** Points and box of a prompt, in pixels of the picture. */
export type PointPrompt = Pick<EnginePrompt, 'points' | 'box'>;

/** Size of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * A prompt as the decoder takes it: in pixels of the square of `side`, the two corners of the box
 * before all points. In float32 as the published predictor scales them.
 */
export function promptPoints(
  { points, box }: PointPrompt,
  picture: PictureSize,
  side: number,
): DecoderPoint[] {
  const place = (x: number, y: number, label: DecoderPoint['label']): DecoderPoint => ({
    x: scaled(x, picture.width, side),
    y: scaled(y, picture.height, side),
    label,
  });
  const corners = box === undefined ? [] : [place(box.x1, box.y1, 2), place(box.x2, box.y2, 3)];
  const clicks = points.map(({ x, y, label }) => place(x, y, label === 'positive' ? 1 : 0));
  return [...corners, ...clicks];
}

function scaled(value: number, length: number, side: number): number {
  return Math.fround(Math.fround(Math.fround(value) / length) * side);
}

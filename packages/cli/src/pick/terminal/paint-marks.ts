import type { FramePrompt } from '@roto/sdk/contract';
import type { Picture } from '../../picture/picture.ts';
import { type Place, toWindow, type View } from '../view-geometry.ts';
import { colorBytes } from './paint-view.ts';

/** What is said of one object on the frame. */
export interface PaintedPrompt {
  readonly prompt: FramePrompt;
  readonly color: string;
}

/** Where marks go, and how large points are; 0 leaves them to be drawn as text. */
export interface MarkOptions {
  /** How the clip lies in the picture. */
  readonly view: View;
  readonly pointRadius: number;
}

type Color = readonly [number, number, number];

const black: Color = [16, 21, 27];
const white: Color = [255, 255, 255];

/** Draws boxes and points into a picture, which is changed. */
export function paintMarks(
  picture: Picture,
  prompts: readonly PaintedPrompt[],
  { view, pointRadius }: MarkOptions,
): void {
  for (const { prompt, color } of prompts) {
    const bytes = colorBytes(color);
    if (prompt.box !== undefined) {
      const { x1, y1, x2, y2 } = prompt.box;
      paintBox(picture, toWindow(view, { x: x1, y: y1 }), toWindow(view, { x: x2, y: y2 }), bytes);
    }
    if (pointRadius === 0) continue;
    for (const point of prompt.points) {
      paintPoint(picture, toWindow(view, point), pointRadius, {
        color: bytes,
        positive: point.label === 'positive',
      });
    }
  }
}

function paintBox(picture: Picture, from: Place, to: Place, color: Color): void {
  const [left, top] = [Math.round(from.x), Math.round(from.y)];
  const [right, bottom] = [Math.round(to.x) - 1, Math.round(to.y) - 1];
  for (let x = left; x <= right; x += 1) {
    setPixel(picture, x, top, color);
    setPixel(picture, x, bottom, color);
  }
  for (let y = top; y <= bottom; y += 1) {
    setPixel(picture, left, y, color);
    setPixel(picture, right, y, color);
  }
}

/** A disc with a ring in the colour, and the sign of the point in it. */
function paintPoint(
  picture: Picture,
  { x, y }: Place,
  radius: number,
  { color, positive }: { readonly color: Color; readonly positive: boolean },
): void {
  const [ground, sign] = positive ? [white, black] : [black, white];
  const arm = Math.round(radius * 0.5);
  for (let dy = -radius; dy <= radius; dy += 1) {
    for (let dx = -radius; dx <= radius; dx += 1) {
      const distance = Math.hypot(dx, dy);
      if (distance > radius) continue;
      const isSign =
        (dy === 0 && Math.abs(dx) <= arm) || (positive && dx === 0 && Math.abs(dy) <= arm);
      const inside = isSign ? sign : ground;
      setPixel(
        picture,
        Math.round(x) + dx,
        Math.round(y) + dy,
        distance > radius - 2 ? color : inside,
      );
    }
  }
}

function setPixel({ width, height, rgb }: Picture, x: number, y: number, color: Color): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  rgb.set(color, (y * width + x) * 3);
}

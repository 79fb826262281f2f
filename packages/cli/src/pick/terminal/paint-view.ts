import type { Picture } from '../../picture/picture.ts';
import type { Size, View } from '../view-geometry.ts';

/** A mask laid over a picture of the same size. */
export interface PaintLayer {
  /** Alpha, 0 to 255, rows from the top. */
  readonly alpha: Uint8Array;
  /** `#rrggbb`. */
  readonly color: string;
}

/** What is painted. */
export interface Painting {
  readonly picture: Picture;
  readonly layers: readonly PaintLayer[];
  /** How the picture lies in what is painted, in pixels of both. */
  readonly view: View;
  readonly size: Size;
}

const tint = 0.5;
/** Where alpha is nearer to a half than this, the outline is drawn. */
const outlineBand = 0.35;

/**
 * The part of a picture that a view shows, with masks over it. Every pixel is the mean of those it
 * covers; beside the picture it is black.
 */
export function paintView({ picture, layers, view, size }: Painting): Picture {
  const columns = spans(size.width, view.left, view.scaleX, picture.width);
  const rows = spans(size.height, view.top, view.scaleY, picture.height);
  const rgb = new Uint8Array(size.width * size.height * 3);
  const colors = layers.map(({ color }) => colorBytes(color));
  for (const [y, row] of rows.entries()) {
    if (row === undefined) continue;
    for (const [x, column] of columns.entries()) {
      if (column === undefined) continue;
      const at = (y * size.width + x) * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        rgb[at + channel] = mean(picture.rgb, picture.width, { column, row }, { step: 3, channel });
      }
      for (const [index, { alpha }] of layers.entries()) {
        const value = mean(alpha, picture.width, { column, row }, { step: 1, channel: 0 }) / 255;
        mix(rgb, at, colors[index] ?? [0, 0, 0], value);
      }
    }
  }
  return { ...size, rgb };
}

/** First pixel and the one after the last. */
interface Span {
  readonly first: number;
  readonly end: number;
}

/** The pixels of a side of the picture that each pixel of the painting covers, one at least. */
function spans(count: number, start: number, scale: number, length: number): (Span | undefined)[] {
  return Array.from({ length: count }, (_, index) => {
    const middle = (index + 0.5 - start) / scale;
    if (middle < 0 || middle >= length) return undefined;
    const half = 0.5 / scale;
    const first = Math.max(0, Math.min(Math.round(middle - half), Math.floor(middle)));
    return { first, end: Math.min(length, Math.max(Math.round(middle + half), first + 1)) };
  });
}

function mean(
  values: Uint8Array,
  width: number,
  { column, row }: { readonly column: Span; readonly row: Span },
  { step, channel }: { readonly step: number; readonly channel: number },
): number {
  let sum = 0;
  for (let y = row.first; y < row.end; y += 1) {
    for (let x = column.first; x < column.end; x += 1) {
      sum += values[(y * width + x) * step + channel] ?? 0;
    }
  }
  return sum / ((row.end - row.first) * (column.end - column.first));
}

function mix(rgb: Uint8Array, at: number, color: readonly number[], alpha: number): void {
  const amount = Math.abs(alpha - 0.5) < outlineBand ? 0.9 : alpha * tint;
  for (let channel = 0; channel < 3; channel += 1) {
    const from = rgb[at + channel] ?? 0;
    rgb[at + channel] = Math.round(from + ((color[channel] ?? 0) - from) * amount);
  }
}

/** Red, green and blue of `#rrggbb`. */
export function colorBytes(color: string): readonly [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

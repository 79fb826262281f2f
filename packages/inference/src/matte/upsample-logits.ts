import type { ObjectMask } from '../engine/engine.ts';
import type { PixelBox } from './pixel-box.ts';

/** Where pixel centres of one axis fall between the cells of the grid. */
interface Axis {
  /** First of the two cells, by pixel; -1 where the pixel lies outside the region. */
  readonly cell: Int32Array;
  /** Share of the second cell, 0..1. */
  readonly share: Float32Array;
}

/**
 * Logits of a mask at the pixels of `box`, bilinear between cell centres, held at the region's rim
 * and `outside` beyond it.
 */
export function upsampleLogits(mask: ObjectMask, box: PixelBox, outside = -10): Float32Array {
  const { region } = mask;
  const across = axisOf(mask.width, region.x, region.width, box.left, box.right);
  const down = axisOf(mask.height, region.y, region.height, box.top, box.bottom);
  const width = box.right - box.left;
  const height = box.bottom - box.top;
  const out = new Float32Array(width * height).fill(outside);
  for (let y = 0; y < height; y++) {
    const row = down.cell[y] ?? -1;
    if (row < 0) continue;
    const below = Math.min(row + 1, mask.height - 1) * mask.width;
    const v = down.share[y] ?? 0;
    for (let x = 0; x < width; x++) {
      const column = across.cell[x] ?? -1;
      if (column < 0) continue;
      const right = Math.min(column + 1, mask.width - 1);
      const u = across.share[x] ?? 0;
      const a = mask.logits[row * mask.width + column] ?? 0;
      const b = mask.logits[row * mask.width + right] ?? 0;
      const c = mask.logits[below + column] ?? 0;
      const d = mask.logits[below + right] ?? 0;
      out[y * width + x] = (a + (b - a) * u) * (1 - v) + (c + (d - c) * u) * v;
    }
  }
  return out;
}

function axisOf(cells: number, start: number, length: number, from: number, to: number): Axis {
  const cell = new Int32Array(to - from).fill(-1);
  const share = new Float32Array(to - from);
  for (let pixel = from; pixel < to; pixel++) {
    const centre = pixel + 0.5 - start;
    if (centre < 0 || centre >= length) continue;
    const at = Math.min(Math.max((centre * cells) / length - 0.5, 0), cells - 1);
    cell[pixel - from] = Math.floor(at);
    share[pixel - from] = at - Math.floor(at);
  }
  return { cell, share };
}

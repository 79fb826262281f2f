import type { ObjectMask } from '../../src/engine/engine.ts';

/** The two plain ways from a grid of logits to alpha, 0..1, that the drawn edge is held against. */
export interface PlainEdges {
  /** 1 where the bilinear logit is above 0. */
  readonly threshold: Float32Array;
  /** The sigmoid of the bilinear logit. */
  readonly sigmoid: Float32Array;
}

export function plainEdges(mask: ObjectMask, width: number, height: number): PlainEdges {
  const threshold = new Float32Array(width * height);
  const sigmoid = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const down = gridPlace(y, mask.region.y, mask.region.height, mask.height);
    for (let x = 0; x < width; x++) {
      const across = gridPlace(x, mask.region.x, mask.region.width, mask.width);
      if (down === undefined || across === undefined) continue;
      const logit = bilinear(mask, across, down);
      threshold[y * width + x] = logit > 0 ? 1 : 0;
      sigmoid[y * width + x] = 1 / (1 + Math.exp(-logit));
    }
  }
  return { threshold, sigmoid };
}

function gridPlace(pixel: number, start: number, length: number, cells: number) {
  const at = pixel + 0.5 - start;
  if (at < 0 || at >= length) return undefined;
  return Math.min(Math.max((at * cells) / length - 0.5, 0), cells - 1);
}

function bilinear({ logits, width, height }: ObjectMask, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const right = Math.min(left + 1, width - 1);
  const below = Math.min(top + 1, height - 1) * width;
  const [u, v] = [x - left, y - top];
  const upper =
    (logits[top * width + left] ?? 0) * (1 - u) + (logits[top * width + right] ?? 0) * u;
  const lower = (logits[below + left] ?? 0) * (1 - u) + (logits[below + right] ?? 0) * u;
  return upper * (1 - v) + lower * v;
}

import {
  type Sam2Architecture,
  type Sam2Block,
  sam2Blocks,
} from '../../src/engine/sam2/architecture.ts';
import {
  attention,
  columnsAt,
  each,
  gelu,
  layerNorm,
  linear,
  type Matrix,
  matrix,
  plus,
  rowOf,
  rowsAt,
  stack,
  type Weights,
} from './plain-layers.ts';

const trunk = 'image_encoder.trunk';
const neck = 'image_encoder.neck.convs';

/** Tokens of a square map, row after row. */
interface PlainMap {
  readonly side: number;
  readonly tokens: Matrix;
}

/** The features of a frame, as tokens row after row. */
export interface PlainFeatures {
  readonly fine: Matrix;
  readonly middle: Matrix;
  readonly image: Matrix;
}

/**
 * The image encoder as the papers have it: a convolution of the normalised picture, positions
 * resized and repeated, windows cut out of the padded map in every block, each layer by itself.
 * @param pixels [size][size][3]
 */
export function plainEncoder(
  pixels: Uint8Array,
  size: number,
  architecture: Sam2Architecture,
  weights: Weights,
): PlainFeatures {
  let map = embedPatches(pixels, size, architecture, weights);
  const stages: PlainMap[] = [];
  sam2Blocks(architecture).forEach((block, index) => {
    map = plainBlock(map, block, weights, `${trunk}.blocks.${index}`);
    if (block.endsStage) stages.push(map);
  });
  const lateral = stages.map(({ tokens }, stage) =>
    linear(tokens, weights, `${neck}.${3 - stage}.conv`),
  );
  const [fine = map.tokens, middle = fine, image = fine, coarse = fine] = lateral;
  return {
    fine: linear(fine, weights, 'sam_mask_decoder.conv_s0'),
    middle: linear(middle, weights, 'sam_mask_decoder.conv_s1'),
    image: plus(image, doubled(coarse, map.side)),
  };
}

function doubled(tokens: Matrix, side: number): Matrix {
  const rows = Array.from({ length: 4 * side * side }, (_, at) => {
    const [x, y] = [at % (2 * side), Math.floor(at / (2 * side))];
    return Math.floor(y / 2) * side + Math.floor(x / 2);
  });
  return rowsAt(tokens, rows);
}

function embedPatches(
  pixels: Uint8Array,
  size: number,
  { embedDim, positionSide }: Sam2Architecture,
  weights: Weights,
): PlainMap {
  const side = size / 4;
  const weight = weights(`${trunk}.patch_embed.proj.weight`);
  const bias = weights(`${trunk}.patch_embed.proj.bias`);
  const background = weights(`${trunk}.pos_embed`);
  const repeated = weights(`${trunk}.pos_embed_window`);
  const tokens = matrix(side * side, embedDim);
  for (let token = 0; token < side * side; token += 1) {
    const [x, y] = [token % side, Math.floor(token / side)];
    const patch = normalisedPatch(pixels, size, 4 * x - 3, 4 * y - 3);
    for (let channel = 0; channel < embedDim; channel += 1) {
      let sum = bias[channel] ?? 0;
      patch.forEach((value, at) => {
        sum += value * (weight[channel * patch.length + at] ?? 0);
      });
      const plane = background.subarray(
        channel * positionSide ** 2,
        (channel + 1) * positionSide ** 2,
      );
      sum += bicubic(plane, positionSide, side, x, y);
      sum += repeated[(channel * 8 + (y % 8)) * 8 + (x % 8)] ?? 0;
      tokens.data[token * embedDim + channel] = sum;
    }
  }
  return { side, tokens };
}

/** [3][7][7] of the normalised picture, zeros beyond it. */
function normalisedPatch(pixels: Uint8Array, size: number, left: number, top: number): number[] {
  const mean = [0.485, 0.456, 0.406];
  const spread = [0.229, 0.224, 0.225];
  return Array.from({ length: 147 }, (_, at) => {
    const channel = Math.floor(at / 49);
    const [x, y] = [left + (at % 7), top + (Math.floor(at / 7) % 7)];
    if (x < 0 || y < 0 || x >= size || y >= size) return 0;
    const value = (pixels[(y * size + x) * 3 + channel] ?? 0) / 255;
    return (value - (mean[channel] ?? 0)) / (spread[channel] ?? 1);
  });
}

/** One value of a plane of `from` x `from` that is resized to `to` x `to`. */
function bicubic(plane: Float32Array, from: number, to: number, x: number, y: number): number {
  const [px, py] = [((x + 0.5) * from) / to - 0.5, ((y + 0.5) * from) / to - 0.5];
  let sum = 0;
  for (let row = Math.floor(py) - 1; row <= Math.floor(py) + 2; row += 1) {
    for (let column = Math.floor(px) - 1; column <= Math.floor(px) + 2; column += 1) {
      const inside = (at: number) => Math.min(Math.max(at, 0), from - 1);
      const value = plane[inside(row) * from + inside(column)] ?? 0;
      sum += value * keys(py - row) * keys(px - column);
    }
  }
  return sum;
}

/** Keys' cubic kernel with a = -0.75. */
function keys(distance: number): number {
  const [a, x] = [-0.75, Math.abs(distance)];
  if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
  return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0;
}

function plainBlock(map: PlainMap, block: Sam2Block, weights: Weights, name: string): PlainMap {
  const normed = layerNorm(map.tokens, weights, `${name}.norm1`, 1e-6);
  const widened =
    block.inputDim === block.dim
      ? map
      : pooled({ side: map.side, tokens: linear(normed, weights, `${name}.proj`) });
  const attended = windowAttention(
    { side: map.side, tokens: normed },
    block,
    weights,
    `${name}.attn`,
  );
  const mixed = plus(widened.tokens, attended);
  const hidden = linear(
    layerNorm(mixed, weights, `${name}.norm2`, 1e-6),
    weights,
    `${name}.mlp.layers.0`,
  );
  const tokens = plus(mixed, linear(each(hidden, gelu), weights, `${name}.mlp.layers.1`));
  return { side: widened.side, tokens };
}

function pooled({ side, tokens }: PlainMap): PlainMap {
  const half = side / 2;
  const out = matrix(half * half, tokens.columns);
  for (let at = 0; at < out.data.length; at += 1) {
    const token = Math.floor(at / tokens.columns);
    const [x, y] = [2 * (token % half), 2 * Math.floor(token / half)];
    const corners = [y * side + x, y * side + x + 1, (y + 1) * side + x, (y + 1) * side + x + 1];
    out.data[at] = Math.max(
      ...corners.map((corner) => tokens.data[corner * tokens.columns + (at % tokens.columns)] ?? 0),
    );
  }
  return { side: half, tokens: out };
}

/** Attention window by window; what a window has beyond the map is tokens of zeros. */
function windowAttention(map: PlainMap, block: Sam2Block, weights: Weights, name: string): Matrix {
  const window = block.window === 0 ? map.side : block.window;
  const shrink = block.pools ? 2 : 1;
  const outSide = map.side / shrink;
  const outWindow = window / shrink;
  const zero = map.tokens.rows;
  const tokens = stack(map.tokens, matrix(1, map.tokens.columns));
  const out = matrix(outSide * outSide, block.dim);
  for (let top = 0; top < map.side; top += window) {
    for (let left = 0; left < map.side; left += window) {
      const rows = Array.from({ length: window * window }, (_, at) => {
        const [x, y] = [left + (at % window), top + Math.floor(at / window)];
        return x < map.side && y < map.side ? y * map.side + x : zero;
      });
      const qkv = linear(rowsAt(tokens, rows), weights, `${name}.qkv`);
      const [q, k, v] = [0, 1, 2].map((part) => columnsAt(qkv, part * block.dim, block.dim));
      if (!q || !k || !v) throw new RangeError('Expected queries, keys and values');
      const asked = block.pools ? pooled({ side: window, tokens: q }).tokens : q;
      const attended = linear(attention(asked, k, v, block.heads), weights, `${name}.proj`);
      for (let at = 0; at < outWindow * outWindow; at += 1) {
        const x = left / shrink + (at % outWindow);
        const y = top / shrink + Math.floor(at / outWindow);
        if (x < outSide && y < outSide) {
          out.data.set(rowOf(attended, at), (y * outSide + x) * block.dim);
        }
      }
    }
  }
  return out;
}

import { type Sam2Architecture, type Sam2Block, sam2Blocks, sam2Sizes } from '../architecture.ts';
import { patchMatrix, patchOffsets, patchValues } from '../weights/patch-weights.ts';
import type { Sam2Graph } from './sam2-graph.ts';

const trunk = 'image_encoder.trunk';
const normEpsilon = 1e-6;

/** Tokens of a square map. */
export interface TokenMap {
  /** [side * side][dim] */
  readonly tokens: string;
  readonly dim: number;
  /** Tokens in a row of the map. */
  readonly side: number;
  /** Tokens lie window after window of this side; `side` where they lie row after row. */
  readonly window: number;
}

/**
 * The encoder's trunk over `pixels` [1][size][size][3] of 8 bits; the outputs of its four stages,
 * finest first. Stages 1 and 2 keep their tokens window after window all the way: each block's
 * windows are those of the block before it, halved where it pools.
 * Source: Ryali et al., Hiera, 2023; Bolya et al., Window Attention is Bugged, 2023.
 */
export function hiera(
  net: Sam2Graph,
  pixels: string,
  architecture: Sam2Architecture,
  size: number,
): TokenMap[] {
  const stages: TokenMap[] = [];
  let map = patches(net, pixels, architecture.embedDim, size);
  sam2Blocks(architecture).forEach((block, index) => {
    if (block.window !== map.window) map = rowAfterRow(net, map);
    map = blockOf(net, map, block, `${trunk}.blocks.${index}`);
    if (block.endsStage) stages.push(map);
  });
  return stages;
}

/** Patch embedding with positions: pixels in blocks of 4 x 4, four blocks a patch, one matrix. */
function patches(net: Sam2Graph, pixels: string, dim: number, size: number): TokenMap {
  const side = size / 4;
  const window = sam2Sizes.windowPositionSide;
  const across = side / window;
  const grid = net.reshape(
    net.transpose(net.reshape(pixels, side, 4, side, 12), 0, 2, 1, 3),
    side,
    side,
    48,
  );
  const padded = net.graph.node('Pad', [grid, net.graph.shape(1, 1, 0, 0, 0, 0)]);
  const blocks = [0, 1].flatMap((y) =>
    [0, 1].map((x) =>
      net.graph.node('Slice', [
        padded,
        net.graph.shape(y, x),
        net.graph.shape(y + side, x + side),
        net.graph.shape(0, 1),
      ]),
    ),
  );
  const joined = net.reshape(
    net.concat(2, ...blocks),
    across,
    window,
    across,
    window * patchValues,
  );
  const windows = net.reshape(net.transpose(joined, 0, 2, 1, 3), side * side, patchValues);
  const values = net.graph.node('Cast', [windows], { attributes: { to: 1 } });
  const proj = `${trunk}.patch_embed.proj`;
  const matrix = net.derived({
    name: `${proj}.matrix`,
    dims: [dim, patchValues],
    from: [`${proj}.weight`],
    make: (weight) => patchMatrix(weight),
  });
  const offsets = net.derived({
    name: `${proj}.offsets`,
    dims: [side * side, dim],
    from: [`${proj}.weight`, `${proj}.bias`, `${trunk}.pos_embed`, `${trunk}.pos_embed_window`],
    make: (weight, bias, background, repeated) =>
      patchOffsets({ weight, bias, background, window: repeated }, side),
  });
  const tokens = net.linear(values, { weight: matrix, bias: offsets });
  return { tokens, dim, side, window };
}

/** Attention with its residual, then the perceptron with its own. */
function blockOf(net: Sam2Graph, map: TokenMap, block: Sam2Block, name: string): TokenMap {
  const normed = net.norm(map.tokens, `${name}.norm1`, normEpsilon);
  const attended = attention(net, { ...map, tokens: normed }, block, `${name}.attn`);
  const residual =
    block.inputDim === block.dim
      ? map.tokens
      : pool(net, net.linear(normed, `${name}.proj`), block.dim, map);
  const mixed = net.add(residual, attended.tokens);
  const wide = net.linear(net.norm(mixed, `${name}.norm2`, normEpsilon), `${name}.mlp.layers.0`);
  const narrow = net.linear(net.gelu(wide), `${name}.mlp.layers.1`);
  return { ...attended, tokens: net.add(mixed, narrow) };
}

/** Attention inside windows, or over the whole map; queries are pooled where the block pools. */
function attention(net: Sam2Graph, map: TokenMap, block: Sam2Block, name: string): TokenMap {
  const { dim, heads, pools } = block;
  const window = block.window === 0 ? map.side : block.window;
  const cut = window === map.window ? map : cutIntoWindows(net, map, window);
  const qkv = net.reshape(net.linear(cut.tokens, `${name}.qkv`), -1, window * window, 3 * dim);
  const [query = '', key = '', value = ''] = net.graph.nodes('Split', [qkv], 3, {
    attributes: { axis: 2, num_outputs: 3 },
  });
  const out = pools ? window / 2 : window;
  const asked = pools ? net.reshape(pool(net, query, dim, cut), -1, out * out, dim) : query;
  const attended = net.reshape(net.attend(heads, asked, key, value), -1, dim);
  const side = pools ? map.side / 2 : map.side;
  const inWindows = { tokens: attended, dim, side: pools ? cut.side / 2 : cut.side, window: out };
  const joined = cut === map ? inWindows : joinWindows(net, inWindows, side);
  return { ...joined, tokens: net.linear(joined.tokens, `${name}.proj`) };
}

/** Greatest value of each 2 x 2 tokens of [side * side][dim]. */
function pool(net: Sam2Graph, tokens: string, dim: number, { side, window }: TokenMap): string {
  const greatest = (value: string) =>
    net.graph.node('ReduceMax', [value, net.graph.shape(1)], { attributes: { keepdims: 0 } });
  const rows = greatest(net.reshape(tokens, (side * side) / (2 * window), 2, window * dim));
  return greatest(net.reshape(rows, (side * side) / 4, 2, dim));
}

/**
 * A map that lies row after row as windows, with tokens of zeros below and to the right where they
 * do not fit. Those take part in attention: their keys and values are the layer's bias.
 */
function cutIntoWindows(net: Sam2Graph, map: TokenMap, window: number): TokenMap {
  const { dim } = map;
  const across = Math.ceil(map.side / window);
  const side = across * window;
  const missing = side - map.side;
  const square = net.reshape(map.tokens, map.side, map.side, dim);
  const padded =
    missing === 0
      ? square
      : net.graph.node('Pad', [square, net.graph.shape(0, 0, 0, missing, missing, 0)]);
  const rows = net.reshape(padded, across, window, across, window * dim);
  const tokens = net.reshape(net.transpose(rows, 0, 2, 1, 3), -1, dim);
  return { tokens, dim, side, window };
}

/** Windows as a map of `side` that lies row after row; tokens beyond it are left out. */
function joinWindows(net: Sam2Graph, map: TokenMap, side: number): TokenMap {
  const whole = rowAfterRow(net, map);
  if (whole.side === side) return whole;
  const cropped = net.graph.node('Slice', [
    net.reshape(whole.tokens, map.side, map.side, map.dim),
    net.graph.shape(0, 0),
    net.graph.shape(side, side),
    net.graph.shape(0, 1),
  ]);
  return { tokens: net.reshape(cropped, -1, map.dim), dim: map.dim, side, window: side };
}

/** The map with its tokens row after row. */
export function rowAfterRow(net: Sam2Graph, map: TokenMap): TokenMap {
  const { dim, side, window } = map;
  if (window === side) return map;
  const across = side / window;
  const windows = net.reshape(map.tokens, across, across, window, window * dim);
  const tokens = net.reshape(net.transpose(windows, 0, 2, 1, 3), -1, dim);
  return { tokens, dim, side, window: side };
}

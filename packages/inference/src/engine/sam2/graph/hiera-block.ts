import type { Sam2Block } from '../architecture.ts';
import type { Sam2Graph } from './sam2-graph.ts';
import { pool, rowsOfMap, rowsOfWindows, type TokenMap } from './token-map.ts';
import { trunkLayer } from './trunk-layer.ts';

const normEpsilon = 1e-6;

/**
 * One block of the trunk: attention with its residual, then the perceptron with its own. What layers
 * add up to stays float32 from the first block to the last, whatever they compute in.
 */
export function hieraBlock(
  net: Sam2Graph,
  map: TokenMap,
  block: Sam2Block,
  name: string,
): TokenMap {
  const norm = (tokens: string, nth: number) =>
    net.narrow(net.exactly().norm(tokens, `${name}.norm${nth}`, normEpsilon));
  const normed = { ...map, tokens: norm(map.tokens, 1) };
  const attended = attention(net, normed, block, `${name}.attn`);
  const mixed = net.add(residual(net, map, normed, block, name), net.widen(attended.tokens));
  const wide = net.gelu(trunkLayer(net, norm(mixed, 2), `${name}.mlp.layers.0`));
  const narrow = trunkLayer(net, wide, `${name}.mlp.layers.1`);
  return { ...attended, tokens: net.add(mixed, net.widen(narrow)) };
}

/** What attention is added to: the map, or where the block widens it, a layer over its norm. */
function residual(
  net: Sam2Graph,
  map: TokenMap,
  normed: TokenMap,
  { inputDim, dim, pools }: Sam2Block,
  name: string,
): string {
  if (inputDim === dim) return map.tokens;
  const widened = { ...map, dim, tokens: trunkLayer(net, normed.tokens, `${name}.proj`) };
  return net.widen(pools ? pool(net, widened) : widened.tokens);
}

/** Attention inside windows, or over the whole map; queries are pooled where the block pools. */
function attention(net: Sam2Graph, map: TokenMap, block: Sam2Block, name: string): TokenMap {
  const { dim, heads, pools } = block;
  const window = block.window === 0 ? map.side : block.window;
  const { part, join } = window === map.window ? whole(map) : windowed(net, map, window);
  const shrink = pools ? 2 : 1;
  // Three layers, whose weights lie one after the other: their outputs need not be taken apart.
  const of = (index: number) =>
    part((tokens) => trunkLayer(net, tokens, `${name}.qkv`, { index, count: 3 }));
  const inWindows = (tokens: string, side: number) => net.reshape(tokens, -1, side * side, dim);
  const query = pools ? pool(net, { tokens: of(0), dim, window }) : of(0);
  const attended = net.attend(
    heads,
    inWindows(query, window / shrink),
    inWindows(of(1), window),
    inWindows(of(2), window),
  );
  const tokens = join(net.reshape(attended, -1, dim), shrink);
  const side = map.side / shrink;
  const joined = { tokens, dim, side, window: window === map.window ? window / shrink : side };
  return { ...joined, tokens: trunkLayer(net, tokens, `${name}.proj`) };
}

/** How a map's tokens get into windows and out of them. */
interface Windows {
  /** A layer's output, window after window. */
  part(layer: (tokens: string) => string): string;
  /** The tokens of windows, which may be `shrink` times smaller, in the order of the map. */
  join(tokens: string, shrink: number): string;
}

/** The map lies in these windows already. */
function whole(map: TokenMap): Windows {
  return { part: (layer) => layer(map.tokens), join: (tokens) => tokens };
}

/**
 * Windows of a map that lies row after row. Where they do not fit, tokens of zeros fill them up, and
 * take part in attention: their keys and values are the layer's bias. So one row of zeros goes
 * through the layer with the map, and stands for all of them.
 */
function windowed(net: Sam2Graph, map: TokenMap, window: number): Windows {
  const fits = map.side % window === 0;
  const pads = net.graph.shape(0, 0, 1, 0);
  const tokens = fits ? map.tokens : net.graph.node('Pad', [map.tokens, pads]);
  return {
    part: (layer) =>
      net.graph.node('Gather', [layer(tokens), rowsOfWindows(net, map.side, window)]),
    join: (attended, shrink) =>
      net.graph.node('Gather', [attended, rowsOfMap(net, map.side / shrink, window / shrink)]),
  };
}

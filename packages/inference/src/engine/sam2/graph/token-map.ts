import type { Sam2Graph } from './sam2-graph.ts';

/** Tokens of a square map, or of some rows of its windows. */
export interface TokenMap {
  /** [tokens][dim] */
  readonly tokens: string;
  readonly dim: number;
  /** Tokens in a row of the whole map. */
  readonly side: number;
  /** Tokens lie window after window of this side; `side` where they lie row after row. */
  readonly window: number;
}

/** Greatest value of each 2 x 2 tokens. */
export function pool(net: Sam2Graph, { tokens, dim, window }: TokenMap): string {
  const greatest = (value: string) =>
    net.graph.node('ReduceMax', [value, net.graph.shape(1)], { attributes: { keepdims: 0 } });
  const rows = greatest(net.reshape(tokens, -1, 2, window * dim));
  return greatest(net.reshape(rows, -1, 2, dim));
}

/**
 * A map that lies row after row as windows, with tokens of zeros below and to the right where they
 * do not fit.
 */
export function cutIntoWindows(net: Sam2Graph, map: TokenMap, window: number): TokenMap {
  const { dim } = map;
  const across = Math.ceil(map.side / window);
  const side = across * window;
  const missing = side - map.side;
  const square = net.reshape(map.tokens, map.side, map.side, dim);
  const pads = net.graph.shape(0, 0, 0, missing, missing, 0);
  const padded = missing === 0 ? square : net.graph.node('Pad', [square, pads]);
  const rows = net.reshape(padded, across, window, across, window * dim);
  const tokens = net.reshape(net.transpose(rows, 0, 2, 1, 3), -1, dim);
  return { tokens, dim, side, window };
}

/** Windows as a map of `side` that lies row after row; tokens beyond it are left out. */
export function joinWindows(net: Sam2Graph, map: TokenMap, side: number): TokenMap {
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

/** The whole map with its tokens row after row. */
export function rowAfterRow(net: Sam2Graph, map: TokenMap): TokenMap {
  const { dim, side, window } = map;
  if (window === side) return map;
  const across = side / window;
  const windows = net.reshape(map.tokens, across, across, window, window * dim);
  const tokens = net.reshape(net.transpose(windows, 0, 2, 1, 3), -1, dim);
  return { tokens, dim, side, window: side };
}

import { int64Tensor } from '../../../onnx/tensor.ts';
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
export function pool(
  net: Sam2Graph,
  { tokens, dim, window }: Pick<TokenMap, 'tokens' | 'dim' | 'window'>,
): string {
  const greatest = (value: string) =>
    net.graph.node('ReduceMax', [value, net.graph.shape(1)], { attributes: { keepdims: 0 } });
  const rows = greatest(net.reshape(tokens, -1, 2, window * dim));
  return greatest(net.reshape(rows, -1, 2, dim));
}

/**
 * Where the tokens of windows are taken from in a map that lies row after row, one int64 for each
 * token. Windows that reach beyond the map have tokens there too: they are `side * side`, a row
 * after the last.
 */
export function rowsOfWindows(net: Sam2Graph, side: number, window: number): string {
  const across = Math.ceil(side / window);
  const rows = Array.from({ length: (across * window) ** 2 }, (_, token) => {
    const { x, y } = placeOf(token, across, window);
    return x < side && y < side ? y * side + x : side * side;
  });
  return net.graph.constant(int64Tensor(`windows_${side}_${window}`, [rows.length], rows));
}

/** Where the tokens of such a map are found in its windows: {@link rowsOfWindows} turned round. */
export function rowsOfMap(net: Sam2Graph, side: number, window: number): string {
  const across = Math.ceil(side / window);
  const rows: number[] = [];
  for (let token = 0; token < (across * window) ** 2; token += 1) {
    const { x, y } = placeOf(token, across, window);
    if (x < side && y < side) rows[y * side + x] = token;
  }
  return net.graph.constant(int64Tensor(`map_${side}_${window}`, [rows.length], rows));
}

/** Column and row of a token of windows that lie one after the other. */
function placeOf(token: number, across: number, window: number): { x: number; y: number } {
  const nth = Math.floor(token / window ** 2);
  const inside = token % window ** 2;
  return {
    x: (nth % across) * window + (inside % window),
    y: Math.floor(nth / across) * window + Math.floor(inside / window),
  };
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

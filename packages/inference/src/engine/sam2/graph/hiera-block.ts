import type { Sam2Block } from '../architecture.ts';
import type { Sam2Graph } from './sam2-graph.ts';
import { cutIntoWindows, joinWindows, pool, type TokenMap } from './token-map.ts';
import { trunkLayer } from './trunk-layer.ts';

const normEpsilon = 1e-6;

/** One block of the trunk: attention with its residual, then the perceptron with its own. */
export function hieraBlock(
  net: Sam2Graph,
  map: TokenMap,
  block: Sam2Block,
  name: string,
): TokenMap {
  const normed = { ...map, tokens: net.norm(map.tokens, `${name}.norm1`, normEpsilon) };
  const attended = attention(net, normed, block, `${name}.attn`);
  const mixed = net.add(residual(net, map, normed, block, name), attended.tokens);
  const normedAgain = net.norm(mixed, `${name}.norm2`, normEpsilon);
  const wide = net.gelu(trunkLayer(net, normedAgain, `${name}.mlp.layers.0`));
  const narrow = trunkLayer(net, wide, `${name}.mlp.layers.1`);
  return { ...attended, tokens: net.add(mixed, narrow) };
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
  return pools ? pool(net, widened) : widened.tokens;
}

/**
 * Attention inside windows, or over the whole map; queries are pooled where the block pools. Tokens
 * of zeros that fill windows up take part in it: their keys and values are the layer's bias.
 */
function attention(net: Sam2Graph, map: TokenMap, block: Sam2Block, name: string): TokenMap {
  const { dim, heads, pools } = block;
  const window = block.window === 0 ? map.side : block.window;
  const cut = window === map.window ? map : cutIntoWindows(net, map, window);
  // Three layers, whose weights lie one after the other: their outputs need not be taken apart.
  const part = (index: number) => trunkLayer(net, cut.tokens, `${name}.qkv`, { index, count: 3 });
  const inWindows = (tokens: string, side: number) => net.reshape(tokens, -1, side * side, dim);
  const shrink = pools ? 2 : 1;
  const out = { dim, side: cut.side / shrink, window: window / shrink };
  const query = pools ? pool(net, { ...cut, dim, tokens: part(0) }) : part(0);
  const attended = net.attend(
    heads,
    inWindows(query, out.window),
    inWindows(part(1), window),
    inWindows(part(2), window),
  );
  const mixed = { ...out, tokens: net.reshape(attended, -1, dim) };
  const joined = cut === map ? mixed : joinWindows(net, mixed, map.side / shrink);
  return { ...joined, tokens: trunkLayer(net, joined.tokens, `${name}.proj`) };
}

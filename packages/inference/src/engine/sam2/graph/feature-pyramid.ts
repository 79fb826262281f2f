import { sam2Sizes } from '../architecture.ts';
import { foldBias, foldWeights } from '../weights/folds.ts';
import { rowAfterRow, type TokenMap } from './hiera.ts';
import type { LinearWeights, Sam2Graph } from './sam2-graph.ts';

const { dim } = sam2Sizes;

/**
 * The neck, and the decoder's layers that shrink its fine levels. Outputs `fine`, `middle`, `image`
 * and `image_without_memory`, see `FrameFeatures`. The coarsest level only goes into `image`.
 * @param stages the trunk's, finest first
 * Source: Lin et al., Feature Pyramid Networks, 2017.
 */
export function featurePyramid(net: Sam2Graph, stages: readonly TokenMap[]): void {
  const [finest, fine, middle, coarsest] = stages;
  if (!finest || !fine || !middle || !coarsest) throw new RangeError('Expected four stages');
  addPicture(net, 'fine', lateral(net, finest, folded(net, 3, 'sam_mask_decoder.conv_s0')));
  addPicture(net, 'middle', lateral(net, fine, folded(net, 2, 'sam_mask_decoder.conv_s1')));
  const image = topDown(
    net,
    lateral(net, middle, net.layer(lateralName(1))),
    lateral(net, coarsest, net.layer(lateralName(0))),
  );
  addPicture(net, 'image', image);
  const without = net.add(image.tokens, net.weight('no_mem_embed', 1, dim));
  addPicture(net, 'image_without_memory', { ...image, tokens: without });
}

/** Level 0 is the coarsest. */
function lateralName(level: number): string {
  return `image_encoder.neck.convs.${level}.conv`;
}

/** A level's layer and the decoder's layer after it as one: nothing is added between the two. */
function folded(
  net: Sam2Graph,
  level: number,
  decoder: string,
): LinearWeights & { outputs: number } {
  const name = lateralName(level);
  const [outputs = 0] = net.plan.shape(`${decoder}.weight`);
  const [, inputs = 0] = net.plan.shape(`${name}.weight`);
  const weight = net.derived({
    name: `${decoder}.folded.weight`,
    dims: [outputs, inputs],
    from: [`${decoder}.weight`, `${name}.weight`],
    make: (outer, inner) => foldWeights(outer, inner, inputs),
  });
  const bias = net.derived({
    name: `${decoder}.folded.bias`,
    dims: [outputs],
    from: [`${decoder}.weight`, `${decoder}.bias`, `${name}.bias`],
    make: (outer, outerBias, innerBias) => foldBias(outer, outerBias, innerBias),
  });
  return { weight, bias, outputs };
}

function lateral(
  net: Sam2Graph,
  map: TokenMap,
  layer: LinearWeights & { outputs?: number },
): TokenMap {
  const tokens = net.linear(map.tokens, layer);
  return rowAfterRow(net, { ...map, tokens, dim: layer.outputs ?? dim });
}

/** `fine` plus `coarse`, whose tokens are repeated 2 x 2. */
function topDown(net: Sam2Graph, fine: TokenMap, coarse: TokenMap): TokenMap {
  const { side } = coarse;
  const sum = net.add(
    net.reshape(fine.tokens, side, 2, side, 2, dim),
    net.reshape(coarse.tokens, side, 1, side, 1, dim),
  );
  return { ...fine, tokens: net.reshape(sum, -1, dim) };
}

/** Makes the map an output of the graph, [1, channels, side, side]. */
function addPicture(net: Sam2Graph, name: string, map: TokenMap): void {
  const planes = net.transpose(map.tokens, 1, 0);
  const picture = net.reshape(planes, 1, map.dim, map.side, map.side);
  net.output(name, picture, 1, map.dim, map.side, map.side);
}

import { sam2Sizes } from '../architecture.ts';
import { foldBias, foldWeights } from '../weights/folds.ts';
import type { LinearWeights, Sam2Graph } from './sam2-graph.ts';
import { rowAfterRow, type TokenMap } from './token-map.ts';

const { dim } = sam2Sizes;

/**
 * The neck's layer over the output of a stage, and for the two finest the decoder's layer after it,
 * as one.
 */
export function shrinkStage(net: Sam2Graph, map: TokenMap, stage: number): TokenMap {
  const level = 3 - stage;
  const decoder = ['sam_mask_decoder.conv_s0', 'sam_mask_decoder.conv_s1'][stage];
  const layer =
    decoder === undefined
      ? { ...net.layer(lateralName(level)), outputs: dim }
      : folded(net, level, decoder);
  return { ...map, tokens: net.linear(net.narrow(map.tokens), layer), dim: layer.outputs };
}

/** What the encoder sees in a picture, see `FrameFeatures`. */
export interface PictureFeatures {
  readonly fine: string;
  readonly middle: string;
  readonly image: string;
}

/**
 * The neck after its layers. The coarsest level only goes into `image`.
 * @param stages shrunk, finest first
 * Source: Lin et al., Feature Pyramid Networks, 2017.
 */
export function featurePyramid(net: Sam2Graph, stages: readonly TokenMap[]): PictureFeatures {
  const [finest, fine, middle, coarsest] = stages.map((map) => rowAfterRow(net, map));
  if (!finest || !fine || !middle || !coarsest) throw new RangeError('Expected four stages');
  return {
    fine: asPicture(net, finest),
    middle: asPicture(net, fine),
    image: asPicture(net, topDown(net, middle, coarsest)),
  };
}

/** Level 0 is the coarsest. */
function lateralName(level: number): string {
  return `image_encoder.neck.convs.${level}.conv`;
}

/** Exact: nothing is added between the two layers. */
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

/** `fine` plus `coarse`, whose tokens are repeated 2 x 2. */
function topDown(net: Sam2Graph, fine: TokenMap, coarse: TokenMap): TokenMap {
  const { side } = coarse;
  const sum = net.add(
    net.reshape(fine.tokens, side, 2, side, 2, dim),
    net.reshape(coarse.tokens, side, 1, side, 1, dim),
  );
  return { ...fine, tokens: net.reshape(sum, -1, dim) };
}

/** The map as [1, channels, side, side]. */
function asPicture(net: Sam2Graph, map: TokenMap): string {
  return net.reshape(net.transpose(map.tokens, 1, 0), 1, map.dim, map.side, map.side);
}

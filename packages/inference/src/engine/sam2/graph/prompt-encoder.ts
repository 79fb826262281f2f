import type { OnnxModel } from '../../../onnx/model.ts';
import { sam2Sizes } from '../architecture.ts';
import type { WeightPlan } from '../weights/weight-plan.ts';
import { Sam2Graph } from './sam2-graph.ts';

const { dim } = sam2Sizes;
const name = 'sam_prompt_encoder';
const gaussian = `${name}.pe_layer.positional_encoding_gaussian_matrix`;
const normEpsilon = 1e-6;

/** Name of the matrix that the position of points goes through, [2][128]. */
export const promptPositions = gaussian;

/**
 * Points as tokens [objects, points, 256]. Adds the inputs `points` [objects, points, 2], x and y in
 * pixels, and `labels` int64 [objects, points]: 0 to 3, or -1 for padding, whose place counts for
 * nothing.
 * @param size side of the input picture
 * Source: Kirillov et al., Segment Anything, 2023.
 */
export function pointTokens(net: Sam2Graph, size: number): string {
  const points = net.input('points', 'float32', 'objects', 'points', 2);
  const labels = net.input('labels', 'int64', 'objects', 'points');
  // 2 (p + 0.5) / size - 1, then a turn of 2 pi.
  const scaled = net.graph.node('Mul', [points, net.exactNumber('points.scale', 2 / size)]);
  const centred = net.add(scaled, net.exactNumber('points.shift', 1 / size - 1));
  const turns = net.graph.node('MatMul', [centred, net.exactWeight(gaussian)]);
  const angles = net.graph.node('Mul', [turns, net.exactNumber('two.pi', 2 * Math.PI)]);
  const waves = net.concat(2, net.graph.node('Sin', [angles]), net.graph.node('Cos', [angles]));
  const kinds = net.concat(
    0,
    net.exactWeight(`${name}.not_a_point_embed.weight`),
    ...[0, 1, 2, 3].map((label) => net.exactWeight(`${name}.point_embeddings.${label}.weight`)),
  );
  const row = net.add(labels, net.graph.shape(1));
  const isPoint = net.graph.node('Cast', [net.graph.node('Greater', [row, net.graph.shape(0)])], {
    attributes: { to: 1 },
  });
  const placed = net.graph.node('Mul', [
    waves,
    net.graph.node('Unsqueeze', [isPoint, net.graph.shape(2)]),
  ]);
  return net.add(placed, net.graph.node('Gather', [kinds, row]));
}

/**
 * Tokens [objects, 2, 256] of objects without points: two of padding.
 * @param objects how many there are, one int64
 */
export function noPointTokens(net: Sam2Graph, objects: string): string {
  const shape = net.concat(0, objects, net.graph.shape(2, dim));
  return net.graph.node('Expand', [net.weight(`${name}.not_a_point_embed.weight`), shape]);
}

/** The dense prompt [1, 256, 1, 1] of objects without a mask. */
export function noDense(net: Sam2Graph): string {
  return net.weight(`${name}.no_mask_embed.weight`, 1, dim, 1, 1);
}

/**
 * Mask prompts as the decoder takes them. Input `logits` [objects, 1, 4E, 4E], output `dense`
 * [objects, 256, E, E].
 * @param size side of the input picture, a multiple of 32
 */
export function buildMaskPrompt(plan: WeightPlan, size: number): OnnxModel {
  const net = new Sam2Graph(plan);
  const side = size / 16;
  let value = net.floatInput('logits', 'objects', 1, 4 * side, 4 * side);
  for (const layer of [0, 3]) {
    value = net.conv(value, `${name}.mask_downscaling.${layer}`, { stride: 2 });
    value = net.gelu(net.pictureNorm(value, `${name}.mask_downscaling.${layer + 1}`, normEpsilon));
  }
  net.output('dense', net.conv(value, `${name}.mask_downscaling.6`), 'objects', dim, side, side);
  return net.build('sam2-mask-prompt');
}

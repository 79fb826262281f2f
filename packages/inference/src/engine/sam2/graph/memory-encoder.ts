import type { OnnxModel } from '../../../onnx/model.ts';
import { floatTensor } from '../../../onnx/tensor.ts';
import { sam2Sizes } from '../architecture.ts';
import type { WeightPlan } from '../weights/weight-plan.ts';
import { Sam2Graph } from './sam2-graph.ts';

const { dim, memoryDim } = sam2Sizes;
const masks = 'memory_encoder.mask_downsampler.encoder';
const normEpsilon = 1e-6;
/** A mask of 0..1 goes into the encoder as scale * mask + bias. */
const maskScale = 20;
const maskBias = -10;

/**
 * The memory encoder. Inputs: `image` [1, 256, E, E]; `logits` [objects, 1, 4E, 4E]; `binary` and
 * `absent` [objects, 1, 1, 1], 1 where the mask is taken as 0 or 1 and where the object is not on
 * the frame, else 0. Output `memory` [objects, E * E, 64].
 * Source: Ravi et al., SAM 2, 2024; its blocks are those of Liu et al., ConvNeXt, 2022.
 * @param size side of the input picture, a multiple of 32
 */
export function buildMemoryEncoder(plan: WeightPlan, size: number): OnnxModel {
  const net = new Sam2Graph(plan);
  const side = size / 16;
  const image = net.floatInput('image', 1, dim, side, side);
  const logits = net.input('logits', 'float32', 'objects', 1, 4 * side, 4 * side);
  const binary = net.input('binary', 'float32', 'objects', 1, 1, 1);
  const absent = net.floatInput('absent', 'objects', 1, 1, 1);
  const large = enlarge(net, logits);
  const hard = net.cast(net.graph.node('Greater', [large, net.exactNumber('zero', 0)]), 'float32');
  const isBinary = net.graph.node('Greater', [binary, net.exactNumber('half', 0.5)]);
  const mask = net.graph.node('Where', [isBinary, hard, net.graph.node('Sigmoid', [large])]);
  net.output(
    'memory',
    memoryTokens(net, { image, mask, absent }, side),
    'objects',
    side * side,
    memoryDim,
  );
  return net.build('sam2-memory-encoder');
}

/** What is remembered of a frame. */
export interface Seen {
  /** [1, 256, E, E] */
  readonly image: string;
  /** float32 [objects, 1, 16E, 16E], 0 to 1. */
  readonly mask: string;
  /** [objects, 1, 1, 1]: 1 where the object is not on the frame, else 0. */
  readonly absent: string;
}

/** Memory as tokens [objects, E * E, 64]. */
export function memoryTokens(net: Sam2Graph, { image, mask, absent }: Seen, side: number): string {
  let fused = net.add(net.conv(image, 'memory_encoder.pix_feat_proj'), maskFeatures(net, mask));
  for (const layer of [0, 1]) {
    fused = fuse(net, fused, `memory_encoder.fuser.layers.${layer}`, side);
  }
  const memory = net.conv(fused, 'memory_encoder.out_proj');
  const absence = net.graph.node('Mul', [
    absent,
    net.weight('no_obj_embed_spatial', memoryDim, 1, 1),
  ]);
  const planes = net.reshape(net.add(memory, absence), -1, memoryDim, side * side);
  return net.transpose(planes, 0, 2, 1);
}

/** Masks of four times the side, float32. */
export function enlarge(net: Sam2Graph, logits: string): string {
  return net.graph.node(
    'Resize',
    [logits, '', net.graph.constant(floatTensor('upscaling', [4], Float32Array.of(1, 1, 4, 4)))],
    { attributes: { mode: 'linear', coordinate_transformation_mode: 'half_pixel' } },
  );
}

/** Masks of 0 to 1 as [objects, 256, E, E]. */
function maskFeatures(net: Sam2Graph, mask: string): string {
  let value = net.narrow(
    net.add(
      net.graph.node('Mul', [mask, net.exactNumber('mask.scale', maskScale)]),
      net.exactNumber('mask.bias', maskBias),
    ),
  );
  for (let level = 0; level < 4; level += 1) {
    value = net.conv(value, `${masks}.${3 * level}`, { stride: 2, pad: 1 });
    value = net.gelu(net.pictureNorm(value, `${masks}.${3 * level + 1}`, normEpsilon));
  }
  return net.conv(value, `${masks}.12`);
}

/** A block of ConvNeXt: depthwise convolution, norm, a scaled perceptron, added to what came in. */
function fuse(net: Sam2Graph, picture: string, name: string, side: number): string {
  const local = net.conv(picture, `${name}.dwconv`, { pad: 3, groups: dim });
  const tokens = net.reshape(net.transpose(local, 0, 2, 3, 1), -1, dim);
  const normed = net.norm(tokens, `${name}.norm`, normEpsilon);
  const wide = net.gelu(net.linear(normed, `${name}.pwconv1`));
  const scaled = net.graph.node('Mul', [
    net.linear(wide, `${name}.pwconv2`),
    net.weight(`${name}.gamma`),
  ]);
  const back = net.transpose(net.reshape(scaled, -1, side, side, dim), 0, 3, 1, 2);
  return net.add(picture, back);
}

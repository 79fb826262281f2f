import { ints } from '../../../onnx/graph-builder.ts';
import type { OnnxModel } from '../../../onnx/model.ts';
import { sam2Sizes } from '../architecture.ts';
import type { WeightPlan } from '../weights/weight-plan.ts';
import { fourierPositions } from './position-tables.ts';
import { pointTokens, promptPositions } from './prompt-encoder.ts';
import { Sam2Graph } from './sam2-graph.ts';

const { dim, maskTokens, decoderLayers } = sam2Sizes;
const decoder = 'sam_mask_decoder';
const heads = 8;
const normEpsilon = 1e-5;
const pictureEpsilon = 1e-6;

/** Tokens of prompts and outputs beside those of the image, both [objects, tokens, 256]. */
interface TwoWay {
  readonly queries: string;
  readonly keys: string;
}

/** What is added to both wherever they meet. */
interface Positions {
  readonly queries: string;
  readonly keys: string;
}

/**
 * Prompt encoder for points, and mask decoder. Inputs: `points`, `labels` (see `pointTokens`);
 * `image` [1 or objects, 256, E, E]; `dense` [1 or objects, 256, E or 1, E or 1]; `fine`
 * [1, 32, 4E, 4E] and `middle` [1, 64, 2E, 2E]. Outputs: `masks` [objects, 4, 4E, 4E] logits, `ious`
 * [objects, 4], `object_pointers` [objects, 4, 256] of the four masks' tokens, `score` [objects, 1].
 * Source: Kirillov et al., Segment Anything, 2023; Ravi et al., SAM 2, 2024.
 * @param size side of the input picture, a multiple of 32
 */
export function buildMaskDecoder(plan: WeightPlan, size: number): OnnxModel {
  const net = new Sam2Graph(plan).exactly();
  const side = size / 16;
  const prompts = pointTokens(net, size);
  const image = net.floatInput('image', 'images', dim, side, side);
  const dense = net.floatInput('dense', 'prompts', dim, 'rows', 'columns');
  const middle = net.floatInput('middle', 1, dim / 4, 2 * side, 2 * side);
  const fine = net.floatInput('fine', 1, dim / 8, 4 * side, 4 * side);
  const decoded = decodeMasks(net, { prompts, dense, image, middle, fine }, side);
  net.exactOutput('score', decoded.score, 'objects', 1);
  net.exactOutput('ious', decoded.ious, 'objects', maskTokens);
  net.exactOutput('object_pointers', decoded.pointers, 'objects', maskTokens, dim);
  net.exactOutput('masks', decoded.masks, 'objects', maskTokens, 4 * side, 4 * side);
  return net.build('sam2-mask-decoder');
}

/** What masks are decoded from, all of it float32. */
export interface Promptable {
  /** [objects, tokens, 256] */
  readonly prompts: string;
  /** [1 or objects, 256, E or 1, E or 1] */
  readonly dense: string;
  /** [1 or objects, 256, E, E] */
  readonly image: string;
  /** [1, 64, 2E, 2E] */
  readonly middle: string;
  /** [1, 32, 4E, 4E] */
  readonly fine: string;
}

/** All in float32. */
export interface Decoded {
  /** [objects, 1] */
  readonly score: string;
  /** [objects, 4] */
  readonly ious: string;
  /** [objects, 4, 256] */
  readonly pointers: string;
  /** [objects, 4, 4E, 4E] */
  readonly masks: string;
}

/**
 * The masks of each object. It is half a percent of a tracked frame's work, and what it says is cut at
 * 0 and put in order: so all of it computes in float32.
 * @param net computes in float32, see `Sam2Graph.exactly`
 */
export function decodeMasks(net: Sam2Graph, seen: Promptable, side: number): Decoded {
  const tokens = allTokens(net, seen.prompts);
  const { queries, keys: image } = twoWay(net, tokens, imageTokens(net, tokens, seen, side), side);
  const token = (index: number) =>
    net.graph.node('Gather', [queries, net.graph.shape(index)], { attributes: { axis: 1 } });
  const row = (index: number) => net.reshape(token(index), -1, dim);
  const masks = Array.from({ length: maskTokens }, (_, index) => row(index + 2));
  const ious = net.perceptron(row(1), `${decoder}.iou_prediction_head`, 3);
  const pointers = masks.map((mask) =>
    net.reshape(net.perceptron(mask, 'obj_ptr_proj', 3), -1, 1, dim),
  );
  const filters = masks.map((mask, index) =>
    net.reshape(
      net.perceptron(mask, `${decoder}.output_hypernetworks_mlps.${index}`, 3),
      -1,
      1,
      dim / 8,
    ),
  );
  const large = net.reshape(upscale(net, image, seen, side), -1, dim / 8, 16 * side * side);
  const drawn = net.graph.node('MatMul', [net.concat(1, ...filters), large]);
  return {
    score: net.perceptron(row(0), `${decoder}.pred_obj_score_head`, 3),
    ious: net.graph.node('Sigmoid', [ious]),
    pointers: net.concat(1, ...pointers),
    masks: net.reshape(drawn, -1, maskTokens, 4 * side, 4 * side),
  };
}

/** Tokens of the score, the IoUs and the masks before those of the prompts. */
function allTokens(net: Sam2Graph, prompts: string): string {
  const own = net.concat(
    0,
    net.weight(`${decoder}.obj_score_token.weight`),
    net.weight(`${decoder}.iou_token.weight`),
    net.weight(`${decoder}.mask_tokens.weight`),
  );
  const objects = net.graph.node('Shape', [prompts], { attributes: { start: 0, end: 1 } });
  const shape = net.concat(0, objects, net.graph.shape(2 + maskTokens, dim));
  return net.concat(1, net.graph.node('Expand', [own, shape]), prompts);
}

/** Image with the dense prompt as tokens, once for each object. */
function imageTokens(
  net: Sam2Graph,
  tokens: string,
  { image, dense }: Promptable,
  side: number,
): string {
  const planes = net.reshape(net.add(image, dense), -1, dim, side * side);
  const objects = net.graph.node('Shape', [tokens], { attributes: { start: 0, end: 1 } });
  const shape = net.concat(0, objects, net.graph.shape(side * side, dim));
  return net.graph.node('Expand', [net.transpose(planes, 0, 2, 1), shape]);
}

function twoWay(net: Sam2Graph, tokens: string, keys: string, side: number): TwoWay {
  const name = `${decoder}.transformer`;
  const positions = {
    queries: tokens,
    keys: net.derived({
      name: 'image.fourier',
      dims: [1, side * side, dim],
      from: [promptPositions],
      make: (matrix) => fourierPositions(side, matrix),
    }),
  };
  let state: TwoWay = { queries: tokens, keys };
  for (let layer = 0; layer < decoderLayers; layer += 1) {
    state = twoWayLayer(net, state, positions, `${name}.layers.${layer}`, layer === 0);
  }
  const found = tokensToImage(net, state, positions, `${name}.final_attn_token_to_image`);
  const queries = net.norm(net.add(state.queries, found), `${name}.norm_final_attn`, normEpsilon);
  return { queries, keys: state.keys };
}

/** Tokens attend to themselves and to the image, go through a perceptron; the image attends to them. */
function twoWayLayer(
  net: Sam2Graph,
  state: TwoWay,
  positions: Positions,
  name: string,
  first: boolean,
): TwoWay {
  const norm = (value: string, nth: number) => net.norm(value, `${name}.norm${nth}`, normEpsilon);
  let queries = norm(selfAttention(net, state.queries, positions, `${name}.self_attn`, first), 1);
  const found = tokensToImage(
    net,
    { ...state, queries },
    positions,
    `${name}.cross_attn_token_to_image`,
  );
  queries = norm(net.add(queries, found), 2);
  const hidden = net.relu(project(net, queries, `${name}.mlp.layers.0`));
  queries = norm(net.add(queries, project(net, hidden, `${name}.mlp.layers.1`)), 3);
  const told = attention(net, `${name}.cross_attn_image_to_token`, {
    query: net.add(state.keys, positions.keys),
    key: net.add(queries, positions.queries),
    value: queries,
  });
  return { queries, keys: norm(net.add(state.keys, told), 4) };
}

/** The first layer's has neither positions nor a residual. */
function selfAttention(
  net: Sam2Graph,
  queries: string,
  positions: Positions,
  name: string,
  first: boolean,
): string {
  if (first) return attention(net, name, { query: queries, key: queries, value: queries });
  const placed = net.add(queries, positions.queries);
  return net.add(queries, attention(net, name, { query: placed, key: placed, value: queries }));
}

function tokensToImage(net: Sam2Graph, state: TwoWay, positions: Positions, name: string): string {
  return attention(net, name, {
    query: net.add(state.queries, positions.queries),
    key: net.add(state.keys, positions.keys),
    value: state.keys,
  });
}

function attention(
  net: Sam2Graph,
  name: string,
  { query, key, value }: { readonly query: string; readonly key: string; readonly value: string },
): string {
  const attended = net.attend(
    heads,
    project(net, query, `${name}.q_proj`),
    project(net, key, `${name}.k_proj`),
    project(net, value, `${name}.v_proj`),
  );
  return project(net, attended, `${name}.out_proj`);
}

/** A linear layer over [objects, tokens, channels]. */
function project(net: Sam2Graph, value: string, name: string): string {
  const { weight, bias } = net.layer(name);
  return net.add(net.product(value, weight), bias);
}

/** Image tokens as a picture of four times the side with the fine features in it, 32 channels. */
function upscale(
  net: Sam2Graph,
  tokens: string,
  { middle, fine }: Promptable,
  side: number,
): string {
  const image = net.reshape(net.transpose(tokens, 0, 2, 1), -1, dim, side, side);
  const twice = net.add(doubled(net, image, `${decoder}.output_upscaling.0`), middle);
  const normed = net.gelu(net.pictureNorm(twice, `${decoder}.output_upscaling.1`, pictureEpsilon));
  return net.gelu(net.add(doubled(net, normed, `${decoder}.output_upscaling.3`), fine));
}

function doubled(net: Sam2Graph, value: string, name: string): string {
  return net.graph.node(
    'ConvTranspose',
    [value, net.weight(`${name}.weight`), net.weight(`${name}.bias`)],
    {
      attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) },
    },
  );
}

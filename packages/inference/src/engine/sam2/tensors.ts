import { type Sam2Architecture, sam2Blocks, sam2Sizes } from './architecture.ts';

/** Shapes of tensors by their names in Meta's checkpoints. */
export type TensorShapes = ReadonlyMap<string, readonly number[]>;

type Shapes = Map<string, readonly number[]>;

const { dim, memoryDim } = sam2Sizes;

/**
 * Name and shape of every tensor of a SAM 2.1 network, as Meta's checkpoints have them; all are
 * float32. Matrices are [out, in], convolutions [out, in / groups, height, width], transposed
 * convolutions [in, out, height, width].
 * Source: github.com/facebookresearch/sam2, version 2.1.
 */
export function sam2Tensors(architecture: Sam2Architecture): TensorShapes {
  const shapes: Shapes = new Map();
  addVectors(shapes);
  addEncoder(shapes, architecture);
  addMemoryAttention(shapes);
  addMemoryEncoder(shapes);
  addPromptEncoder(shapes);
  addMaskDecoder(shapes);
  return shapes;
}

/** How many weights a network has. */
export function countWeights(shapes: TensorShapes): number {
  let sum = 0;
  for (const shape of shapes.values()) sum += shape.reduce((product, side) => product * side, 1);
  return sum;
}

/** A layer with weight and bias; the bias has as many values as the weight has outputs. */
function addLayer(shapes: Shapes, name: string, weight: readonly number[], outputs = weight[0]) {
  shapes.set(`${name}.weight`, weight);
  shapes.set(`${name}.bias`, [outputs ?? 0]);
}

function addNorm(shapes: Shapes, name: string, channels: number): void {
  addLayer(shapes, name, [channels]);
}

/** A perceptron of three layers, all `dim` wide but the last one's output. */
function addPerceptron(shapes: Shapes, name: string, outputs: number): void {
  addLayer(shapes, `${name}.layers.0`, [dim, dim]);
  addLayer(shapes, `${name}.layers.1`, [dim, dim]);
  addLayer(shapes, `${name}.layers.2`, [outputs, dim]);
}

/** Attention whose heads together are `inner` wide, with keys and values of `source` channels. */
function addAttention(shapes: Shapes, name: string, inner: number, source: number = dim): void {
  addLayer(shapes, `${name}.q_proj`, [inner, dim]);
  addLayer(shapes, `${name}.k_proj`, [inner, source]);
  addLayer(shapes, `${name}.v_proj`, [inner, source]);
  addLayer(shapes, `${name}.out_proj`, [dim, inner]);
}

function addVectors(shapes: Shapes): void {
  shapes.set('maskmem_tpos_enc', [sam2Sizes.memoryFrames, 1, 1, memoryDim]);
  shapes.set('no_mem_embed', [1, 1, dim]);
  shapes.set('no_mem_pos_enc', [1, 1, dim]);
  shapes.set('no_obj_ptr', [1, dim]);
  shapes.set('no_obj_embed_spatial', [1, memoryDim]);
  addLayer(shapes, 'mask_downsample', [1, 1, 4, 4]);
  addPerceptron(shapes, 'obj_ptr_proj', dim);
  addLayer(shapes, 'obj_ptr_tpos_proj', [memoryDim, dim]);
}

function addEncoder(shapes: Shapes, architecture: Sam2Architecture): void {
  const { embedDim, positionSide } = architecture;
  const side = sam2Sizes.windowPositionSide;
  const trunk = 'image_encoder.trunk';
  shapes.set(`${trunk}.pos_embed`, [1, embedDim, positionSide, positionSide]);
  shapes.set(`${trunk}.pos_embed_window`, [1, embedDim, side, side]);
  addLayer(shapes, `${trunk}.patch_embed.proj`, [embedDim, 3, 7, 7]);
  sam2Blocks(architecture).forEach((block, index) => {
    const name = `${trunk}.blocks.${index}`;
    addNorm(shapes, `${name}.norm1`, block.inputDim);
    addLayer(shapes, `${name}.attn.qkv`, [3 * block.dim, block.inputDim]);
    addLayer(shapes, `${name}.attn.proj`, [block.dim, block.dim]);
    addNorm(shapes, `${name}.norm2`, block.dim);
    addLayer(shapes, `${name}.mlp.layers.0`, [4 * block.dim, block.dim]);
    addLayer(shapes, `${name}.mlp.layers.1`, [block.dim, 4 * block.dim]);
    if (block.inputDim !== block.dim) {
      addLayer(shapes, `${name}.proj`, [block.dim, block.inputDim]);
    }
  });
  for (let level = 0; level < 4; level += 1) {
    // The first one takes the deepest stage.
    const channels = embedDim * 2 ** (3 - level);
    addLayer(shapes, `image_encoder.neck.convs.${level}.conv`, [dim, channels, 1, 1]);
  }
}

function addMemoryAttention(shapes: Shapes): void {
  for (let layer = 0; layer < sam2Sizes.memoryLayers; layer += 1) {
    const name = `memory_attention.layers.${layer}`;
    addAttention(shapes, `${name}.self_attn`, dim);
    addAttention(shapes, `${name}.cross_attn_image`, dim, memoryDim);
    addLayer(shapes, `${name}.linear1`, [sam2Sizes.memoryFeedForward, dim]);
    addLayer(shapes, `${name}.linear2`, [dim, sam2Sizes.memoryFeedForward]);
    for (const norm of [1, 2, 3]) addNorm(shapes, `${name}.norm${norm}`, dim);
  }
  addNorm(shapes, 'memory_attention.norm', dim);
}

function addMemoryEncoder(shapes: Shapes): void {
  const masks = 'memory_encoder.mask_downsampler.encoder';
  for (let level = 0; level < 4; level += 1) {
    const outputs = 4 ** (level + 1);
    addLayer(shapes, `${masks}.${3 * level}`, [outputs, 4 ** level, 3, 3]);
    addNorm(shapes, `${masks}.${3 * level + 1}`, outputs);
  }
  addLayer(shapes, `${masks}.12`, [dim, dim, 1, 1]);
  addLayer(shapes, 'memory_encoder.pix_feat_proj', [dim, dim, 1, 1]);
  for (const layer of [0, 1]) {
    const name = `memory_encoder.fuser.layers.${layer}`;
    shapes.set(`${name}.gamma`, [dim]);
    addLayer(shapes, `${name}.dwconv`, [dim, 1, 7, 7]);
    addNorm(shapes, `${name}.norm`, dim);
    addLayer(shapes, `${name}.pwconv1`, [4 * dim, dim]);
    addLayer(shapes, `${name}.pwconv2`, [dim, 4 * dim]);
  }
  addLayer(shapes, 'memory_encoder.out_proj', [memoryDim, dim, 1, 1]);
}

function addPromptEncoder(shapes: Shapes): void {
  const name = 'sam_prompt_encoder';
  shapes.set(`${name}.pe_layer.positional_encoding_gaussian_matrix`, [2, dim / 2]);
  for (let label = 0; label < 4; label += 1) {
    shapes.set(`${name}.point_embeddings.${label}.weight`, [1, dim]);
  }
  shapes.set(`${name}.not_a_point_embed.weight`, [1, dim]);
  shapes.set(`${name}.no_mask_embed.weight`, [1, dim]);
  addLayer(shapes, `${name}.mask_downscaling.0`, [4, 1, 2, 2]);
  addNorm(shapes, `${name}.mask_downscaling.1`, 4);
  addLayer(shapes, `${name}.mask_downscaling.3`, [16, 4, 2, 2]);
  addNorm(shapes, `${name}.mask_downscaling.4`, 16);
  addLayer(shapes, `${name}.mask_downscaling.6`, [dim, 16, 1, 1]);
}

function addMaskDecoder(shapes: Shapes): void {
  const name = 'sam_mask_decoder';
  addTwoWayTransformer(shapes, `${name}.transformer`);
  shapes.set(`${name}.iou_token.weight`, [1, dim]);
  shapes.set(`${name}.mask_tokens.weight`, [sam2Sizes.maskTokens, dim]);
  shapes.set(`${name}.obj_score_token.weight`, [1, dim]);
  addLayer(shapes, `${name}.output_upscaling.0`, [dim, dim / 4, 2, 2], dim / 4);
  addNorm(shapes, `${name}.output_upscaling.1`, dim / 4);
  addLayer(shapes, `${name}.output_upscaling.3`, [dim / 4, dim / 8, 2, 2], dim / 8);
  addLayer(shapes, `${name}.conv_s0`, [dim / 8, dim, 1, 1]);
  addLayer(shapes, `${name}.conv_s1`, [dim / 4, dim, 1, 1]);
  for (let token = 0; token < sam2Sizes.maskTokens; token += 1) {
    addPerceptron(shapes, `${name}.output_hypernetworks_mlps.${token}`, dim / 8);
  }
  addPerceptron(shapes, `${name}.iou_prediction_head`, sam2Sizes.maskTokens);
  addPerceptron(shapes, `${name}.pred_obj_score_head`, 1);
}

function addTwoWayTransformer(shapes: Shapes, name: string): void {
  for (let layer = 0; layer < sam2Sizes.decoderLayers; layer += 1) {
    const inner = `${name}.layers.${layer}`;
    addAttention(shapes, `${inner}.self_attn`, dim);
    addAttention(shapes, `${inner}.cross_attn_token_to_image`, dim / 2);
    addAttention(shapes, `${inner}.cross_attn_image_to_token`, dim / 2);
    addLayer(shapes, `${inner}.mlp.layers.0`, [sam2Sizes.decoderFeedForward, dim]);
    addLayer(shapes, `${inner}.mlp.layers.1`, [dim, sam2Sizes.decoderFeedForward]);
    for (const norm of [1, 2, 3, 4]) addNorm(shapes, `${inner}.norm${norm}`, dim);
  }
  addAttention(shapes, `${name}.final_attn_token_to_image`, dim / 2);
  addNorm(shapes, `${name}.norm_final_attn`, dim);
}

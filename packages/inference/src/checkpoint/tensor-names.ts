/** Parts of Meta's names and what transformers calls them; applied in this order. */
const parts: readonly (readonly [RegExp, string])[] = [
  [/(iou_prediction_head|pred_obj_score_head|obj_ptr_proj|mlps\.\d)\.layers\.0/, '$1.proj_in'],
  [/(iou_prediction_head|pred_obj_score_head|obj_ptr_proj|mlps\.\d)\.layers\.1/, '$1.layers.0'],
  [/(iou_prediction_head|pred_obj_score_head|obj_ptr_proj|mlps\.\d)\.layers\.2/, '$1.proj_out'],
  [/\.mlp\.layers\.0/, '.mlp.proj_in'],
  [/\.mlp\.layers\.1/, '.mlp.proj_out'],
  [/output_upscaling\.0/, 'upscale_conv1'],
  [/output_upscaling\.1/, 'upscale_layer_norm'],
  [/output_upscaling\.3/, 'upscale_conv2'],
  [/mask_downscaling\.0/, 'mask_embed.conv1'],
  [/mask_downscaling\.1/, 'mask_embed.layer_norm1'],
  [/mask_downscaling\.3/, 'mask_embed.conv2'],
  [/mask_downscaling\.4/, 'mask_embed.layer_norm2'],
  [/mask_downscaling\.6/, 'mask_embed.conv3'],
  [/dwconv/, 'depthwise_conv'],
  [/pwconv/, 'pointwise_conv'],
  [/fuser/, 'memory_fuser'],
  [/pe_layer\.positional_encoding_gaussian_matrix/, 'shared_embedding.positional_embedding'],
  [/obj_ptr_tpos_proj/, 'temporal_positional_encoding_projection_layer'],
  [/no_obj_embed_spatial/, 'occlusion_spatial_embedding_parameter'],
  [/sam_prompt_encoder/, 'prompt_encoder'],
  [/sam_mask_decoder/, 'mask_decoder'],
  [/maskmem_tpos_enc/, 'memory_temporal_positional_encoding'],
  [/gamma$/, 'scale'],
  [/image_encoder\.neck\.convs\.(\d)\.conv/, 'vision_encoder.neck.convs.$1'],
  [/image_encoder\.trunk/, 'vision_encoder.backbone'],
  [/pix_feat_proj/, 'feature_projection'],
  [/patch_embed\.proj/, 'patch_embed.projection'],
  [/no_mem_embed/, 'no_memory_embedding'],
  [/no_mem_pos_enc/, 'no_memory_positional_encoding'],
  [/obj_ptr/, 'object_pointer'],
  [/\.norm/, '.layer_norm'],
  [/memory_encoder\.out_proj/, 'memory_encoder.projection'],
  [/out_proj/, 'o_proj'],
  [/mask_downsampler\.encoder\.12/, 'mask_downsampler.final_conv'],
];

const downsampler = /mask_downsampler\.encoder\.(\d+)/;

/**
 * What Hugging Face's transformers calls a tensor that Meta calls `name`. The four point
 * embeddings are rows of one tensor there, see {@link pointEmbedding}.
 * Source: the converter of transformers' sam2_video.
 */
export function transformersName(name: string): string {
  const renamed = parts.reduce((text, [pattern, to]) => text.replace(pattern, to), name);
  return renamed.replace(downsampler, (_match, index: string) => {
    const layer = Math.floor(Number(index) / 3);
    return `mask_downsampler.layers.${layer}.${Number(index) % 3 === 0 ? 'conv' : 'layer_norm'}`;
  });
}

/** The tensor of transformers whose rows are Meta's four point embeddings. */
export const pointEmbedding = 'prompt_encoder.point_embed.weight';

/** Two names of one tensor in transformers; a file may have either or both. */
export const positionEmbeddings = [
  'shared_image_embedding.positional_embedding',
  'prompt_encoder.shared_embedding.positional_embedding',
] as const;

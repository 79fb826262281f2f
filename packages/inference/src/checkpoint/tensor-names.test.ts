import { expect, test } from 'vitest';
import { sam2Architectures, sam2Names } from '../engine/sam2/architecture.ts';
import { sam2Tensors } from '../engine/sam2/tensors.ts';
import { transformersName } from './tensor-names.ts';

// Pairs from the converter of transformers, one for each rule it has.
test.each([
  [
    'image_encoder.trunk.patch_embed.proj.bias',
    'vision_encoder.backbone.patch_embed.projection.bias',
  ],
  [
    'image_encoder.trunk.blocks.3.norm1.weight',
    'vision_encoder.backbone.blocks.3.layer_norm1.weight',
  ],
  ['image_encoder.trunk.blocks.3.proj.weight', 'vision_encoder.backbone.blocks.3.proj.weight'],
  [
    'image_encoder.trunk.blocks.11.mlp.layers.1.bias',
    'vision_encoder.backbone.blocks.11.mlp.proj_out.bias',
  ],
  ['image_encoder.neck.convs.2.conv.weight', 'vision_encoder.neck.convs.2.weight'],
  [
    'memory_attention.layers.2.self_attn.out_proj.bias',
    'memory_attention.layers.2.self_attn.o_proj.bias',
  ],
  ['memory_attention.norm.weight', 'memory_attention.layer_norm.weight'],
  [
    'memory_encoder.mask_downsampler.encoder.9.weight',
    'memory_encoder.mask_downsampler.layers.3.conv.weight',
  ],
  [
    'memory_encoder.mask_downsampler.encoder.10.bias',
    'memory_encoder.mask_downsampler.layers.3.layer_norm.bias',
  ],
  [
    'memory_encoder.mask_downsampler.encoder.12.bias',
    'memory_encoder.mask_downsampler.final_conv.bias',
  ],
  ['memory_encoder.pix_feat_proj.weight', 'memory_encoder.feature_projection.weight'],
  ['memory_encoder.fuser.layers.1.gamma', 'memory_encoder.memory_fuser.layers.1.scale'],
  [
    'memory_encoder.fuser.layers.0.dwconv.bias',
    'memory_encoder.memory_fuser.layers.0.depthwise_conv.bias',
  ],
  [
    'memory_encoder.fuser.layers.0.pwconv2.bias',
    'memory_encoder.memory_fuser.layers.0.pointwise_conv2.bias',
  ],
  ['memory_encoder.out_proj.weight', 'memory_encoder.projection.weight'],
  ['sam_prompt_encoder.mask_downscaling.4.bias', 'prompt_encoder.mask_embed.layer_norm2.bias'],
  ['sam_prompt_encoder.not_a_point_embed.weight', 'prompt_encoder.not_a_point_embed.weight'],
  ['sam_mask_decoder.output_upscaling.3.weight', 'mask_decoder.upscale_conv2.weight'],
  [
    'sam_mask_decoder.transformer.layers.0.mlp.layers.0.weight',
    'mask_decoder.transformer.layers.0.mlp.proj_in.weight',
  ],
  [
    'sam_mask_decoder.transformer.norm_final_attn.bias',
    'mask_decoder.transformer.layer_norm_final_attn.bias',
  ],
  [
    'sam_mask_decoder.iou_prediction_head.layers.1.bias',
    'mask_decoder.iou_prediction_head.layers.0.bias',
  ],
  [
    'sam_mask_decoder.pred_obj_score_head.layers.2.bias',
    'mask_decoder.pred_obj_score_head.proj_out.bias',
  ],
  [
    'sam_mask_decoder.output_hypernetworks_mlps.3.layers.0.bias',
    'mask_decoder.output_hypernetworks_mlps.3.proj_in.bias',
  ],
  ['obj_ptr_proj.layers.2.weight', 'object_pointer_proj.proj_out.weight'],
  ['obj_ptr_tpos_proj.weight', 'temporal_positional_encoding_projection_layer.weight'],
  ['no_obj_ptr', 'no_object_pointer'],
  ['no_obj_embed_spatial', 'occlusion_spatial_embedding_parameter'],
  ['no_mem_embed', 'no_memory_embedding'],
  ['no_mem_pos_enc', 'no_memory_positional_encoding'],
  ['maskmem_tpos_enc', 'memory_temporal_positional_encoding'],
  ['mask_downsample.weight', 'mask_downsample.weight'],
])('%s is %s in transformers', (name, renamed) => {
  expect(transformersName(name)).toBe(renamed);
});

test('no two tensors of a network get one name', () => {
  for (const size of sam2Names) {
    const names = [...sam2Tensors(sam2Architectures[size]).keys()];
    expect(new Set(names.map(transformersName)).size).toBe(names.length);
  }
});

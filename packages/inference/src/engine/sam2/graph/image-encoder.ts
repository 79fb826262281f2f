import type { OnnxModel } from '../../../onnx/model.ts';
import { type Sam2Architecture, sam2Sizes } from '../architecture.ts';
import type { WeightPlan } from '../weights/weight-plan.ts';
import { featurePyramid, type PictureFeatures, shrinkStage } from './feature-pyramid.ts';
import { hiera } from './hiera.ts';
import { type Precision, Sam2Graph } from './sam2-graph.ts';

const { dim } = sam2Sizes;

export interface ImageEncoderOptions {
  readonly architecture: Sam2Architecture;
  /** Side of the picture in pixels, a multiple of 32. */
  readonly size: number;
  readonly precision: Precision;
  /** See {@link HieraOptions}. */
  readonly stripValues?: number | undefined;
}

/**
 * The image encoder. Input `pixels` uint8 [1, size, size, 3], interleaved RGB; outputs `fine`
 * [1, 32, size / 4, size / 4], `middle` [1, 64, size / 8, size / 8], `image` and
 * `image_without_memory` [1, 256, size / 16, size / 16].
 */
export function buildImageEncoder(plan: WeightPlan, options: ImageEncoderOptions): OnnxModel {
  const net = new Sam2Graph(plan, options.precision);
  const { fine, middle, image } = encodePicture(net, options);
  const side = options.size / 16;
  net.output('fine', fine, 1, dim / 8, 4 * side, 4 * side);
  net.output('middle', middle, 1, dim / 4, 2 * side, 2 * side);
  net.output('image', image, 1, dim, side, side);
  const without = net.add(image, net.weight('no_mem_embed', 1, dim, 1, 1));
  net.output('image_without_memory', without, 1, dim, side, side);
  return net.build('sam2-image-encoder');
}

/** What the encoder sees in the picture of the input `pixels`, which it adds. */
export function encodePicture(net: Sam2Graph, options: ImageEncoderOptions): PictureFeatures {
  const { size } = options;
  const pixels = net.input('pixels', 'uint8', 1, size, size, 3);
  return featurePyramid(net, hiera(net, pixels, { ...options, shrink: shrinkStage }));
}

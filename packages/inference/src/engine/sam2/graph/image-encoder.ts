import type { OnnxModel } from '../../../onnx/model.ts';
import type { Sam2Architecture } from '../architecture.ts';
import type { WeightPlan } from '../weights/weight-plan.ts';
import { featurePyramid, shrinkStage } from './feature-pyramid.ts';
import { hiera } from './hiera.ts';
import { type Precision, Sam2Graph } from './sam2-graph.ts';

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
  const { size, precision } = options;
  const net = new Sam2Graph(plan, precision);
  const pixels = net.input('pixels', 'uint8', 1, size, size, 3);
  featurePyramid(net, hiera(net, pixels, { ...options, shrink: shrinkStage }));
  return net.build('sam2-image-encoder');
}

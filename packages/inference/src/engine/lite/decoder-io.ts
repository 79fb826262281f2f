import { resultFloats } from '../../ort/session.ts';
import { floatInput, type NetworkValue } from '../../ort/tensor.ts';
import type { DecoderMasks, DecoderPrompt, ViewFeatures } from './networks.ts';

/** Values inside MobileSAM's decoder: all four masks before upsampling, and their predicted IoU. */
export const decoderOutputs = {
  masks: '/Reshape_9_output_0',
  iou: '/iou_prediction_head/layers.2/Gemm_output_0',
} as const;

/** Side of the square whose pixels the decoder counts points in. */
const pointSpace = 1024;

/**
 * Points as the decoder wants them: in pixels of a 1024 square as wide as the view's longer side,
 * so that both axes keep one scale, as in the padded squares MobileSAM was trained on (stretching
 * the shorter axis lost .01 to .03 of mean IoU on first frames). Without a box it expects one more
 * point, of label -1, in its place.
 */
function promptPoints(
  features: ViewFeatures,
  prompt: DecoderPrompt,
): { coords: Float32Array; labels: Float32Array } {
  const scale = pointSpace / (16 * Math.max(features.gridWidth, features.gridHeight));
  const padding = prompt.labels.includes(2) ? 0 : 1;
  const coords = new Float32Array(prompt.coords.length + 2 * padding);
  const labels = new Float32Array(prompt.labels.length + padding).fill(-1);
  // The graph adds half a pixel of its own square; the view's half pixel is `scale / 2` there.
  coords.set(prompt.coords.map((value) => (value + 0.5) * scale - 0.5));
  labels.set(prompt.labels);
  return { coords, labels };
}

/** The inputs of MobileSAM's decoder for one prompt. */
export function decoderFeeds(
  features: ViewFeatures,
  prompt: DecoderPrompt,
): Record<string, NetworkValue> {
  const { gridWidth, gridHeight } = features;
  const { coords, labels } = promptPoints(features, prompt);
  const size = 16 * gridWidth * gridHeight;
  return {
    image_embeddings: floatInput(features.embedding, [1, 256, gridHeight, gridWidth]),
    point_coords: floatInput(coords, [1, labels.length, 2]),
    point_labels: floatInput(labels, [1, labels.length]),
    mask_input: floatInput(prompt.mask ?? new Float32Array(size), [
      1,
      1,
      4 * gridHeight,
      4 * gridWidth,
    ]),
    has_mask_input: floatInput(Float32Array.of(prompt.mask === undefined ? 0 : 1), [1]),
  };
}

/** Masks and IoU out of what the decoder computed. */
export function readDecoderMasks(results: Readonly<Record<string, NetworkValue>>): DecoderMasks {
  return {
    masks: resultFloats(results, decoderOutputs.masks),
    iou: resultFloats(results, decoderOutputs.iou),
  };
}

/**
 * A view of the picture made ready for the encoder: planar RGB [3][height][width], normalised by
 * MobileSAM's pixel mean and deviation, zero outside the picture. Sides are multiples of 16.
 */
export interface ViewPixels {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** What the encoder sees in a view, on a grid of one cell for 16x16 pixels of it. */
export interface ViewFeatures {
  readonly gridWidth: number;
  readonly gridHeight: number;
  /** Image embedding, planar [256][gridHeight][gridWidth]. */
  readonly embedding: Float32Array;
  /** TinyViT stage 1, 2x2 average-pooled to the same grid, planar [128][gridHeight][gridWidth]. */
  readonly stage1: Float32Array;
}

export interface DecoderPrompt {
  /** x, y pairs in pixels of the view as encoded, before MobileSAM's half-pixel shift. */
  readonly coords: Float32Array;
  /** 1 object, 0 background, 2 and 3 the corners of a box. */
  readonly labels: Float32Array;
  /** Logits of an earlier mask, [4*gridHeight][4*gridWidth]. */
  readonly mask?: Float32Array;
}

export interface DecoderMasks {
  /** Four masks of logits, [4][4*gridHeight][4*gridWidth]; the first answers single-mask prompts. */
  readonly masks: Float32Array;
  /** Predicted IoU of each. */
  readonly iou: Float32Array;
}

/** MobileSAM's encoder and mask decoder, for views of any size that is a multiple of 16. */
export interface LiteNetworks {
  encode(view: ViewPixels): Promise<ViewFeatures>;
  decode(features: ViewFeatures, prompt: DecoderPrompt): Promise<DecoderMasks>;
  dispose(): Promise<void>;
}

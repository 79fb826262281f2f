import type { NetworkValue } from '../../ort/tensor.ts';

/**
 * The networks of SAM 2.1 as the state machine calls them: pure functions of their arguments, no
 * state but weights. `S` is the side of the square picture, `E = S / 16` the side of the image
 * embedding, `4E` the side of a mask of logits. Tensors are float32 unless a device says otherwise.
 * Source: facebookresearch/sam2, version 2.1.
 */
export interface Sam2Networks {
  /** S, pixels: a multiple of 32. */
  readonly inputSize: number;
  /** Image encoder: `square` is S x S pixels of interleaved 8-bit RGB. */
  encode(square: Uint8Array): Promise<FrameFeatures>;
  /** Memory attention: the image embedding of a frame as each object's memory makes it. */
  attend(features: FrameFeatures, banks: readonly ObjectBank[]): Promise<NetworkValue>;
  /** Prompt encoder and mask decoder, for one or more objects on one frame. */
  decode(
    features: FrameFeatures,
    image: NetworkValue,
    prompts: readonly DecoderPrompt[],
  ): Promise<readonly DecodedMasks[]>;
  /** The learned shrinking of a mask prompt of S x S values in 0..1 to 4E x 4E decoder logits. */
  shrinkMask(mask: Float32Array): Promise<Float32Array>;
  /** Memory encoder: what is remembered of each object on a frame. */
  encodeMemory(
    features: FrameFeatures,
    masks: readonly MaskToRemember[],
  ): Promise<readonly Float32Array[]>;
  /**
   * A tracked frame in one run, on devices where what crosses the bus counts: as `encode`, `attend`,
   * `decode` without points, the choice among three and `encodeMemory`. Absent elsewhere.
   */
  readonly trackFrame?: (
    square: Uint8Array,
    banks: readonly StoredBank[],
  ) => Promise<readonly TrackedMask[]>;
  readonly vectors: Sam2Vectors;
  /** Seconds spent so far in each network, by its name. */
  seconds(): Readonly<Record<string, number>>;
  dispose(): Promise<void>;
}

/** What the encoder sees in one frame; every object shares it. */
export interface FrameFeatures {
  /** [1, 32, 4E, 4E]: stride 4, for the decoder's up-scaling. */
  readonly fine: NetworkValue;
  /** [1, 64, 2E, 2E]: stride 8. */
  readonly middle: NetworkValue;
  /** [1, 256, E, E]: stride 16, as the encoder gives it; the memory encoder's input. */
  readonly image: NetworkValue;
  /** [1, 256, E, E]: `image` with the learned "no memory" vector added; the decoder's input on a frame without memory. */
  readonly imageWithoutMemory: NetworkValue;
  /** Bytes of all four. */
  readonly bytes: number;
}

/**
 * What one object attends to: blocks first, in the order given, then pointers. Objects that attend
 * in one call have equal numbers of blocks and of pointers; pointers may be none.
 */
export interface ObjectBank {
  readonly blocks: readonly MemoryBlock[];
  readonly pointers: readonly MemoryPointer[];
}

/** Memory of one frame. */
export interface MemoryBlock {
  /** [E * E][64], row after row of the map. */
  readonly tokens: Float32Array;
  /** Row of `maskmem_tpos_enc`: 6 for a conditioning frame, else the distance to it less one. */
  readonly row: number;
}

export interface MemoryPointer {
  /** [256] */
  readonly pointer: Float32Array;
  /** Distance in frames over the greatest one (`P - 1`), as the sine embedding takes it. */
  readonly position: number;
}

/** An {@link ObjectBank} whose memory is as trackers keep it: bfloat16, see `packBfloat16`. */
export interface StoredBank {
  readonly blocks: readonly { readonly tokens: Uint16Array; readonly row: number }[];
  readonly pointers: readonly MemoryPointer[];
}

/** One object on a tracked frame, its mask chosen. */
export interface TrackedMask {
  /** 4E x 4E logits; all -1024 where the object is not on the frame. */
  readonly mask: Float32Array;
  /** [256]: the pointer of the mask, or that of an object that is not there. */
  readonly pointer: Float32Array;
  /** Logit that the object is on the frame; there above 0. */
  readonly score: number;
  /** Predicted IoU of each of the four masks, 0..1. */
  readonly ious: Float32Array;
  /** [E * E][64]: what is remembered. */
  readonly memory: Float32Array;
}

/** Prompts of one object; objects decoded in one call have equal numbers of points. */
export interface DecoderPrompt {
  /** In pixels of the S x S square; none on a tracked frame. Box corners come first. */
  readonly points: readonly DecoderPoint[];
  /** Logits of 4E x 4E to start from. */
  readonly mask?: Float32Array;
}

export interface DecoderPoint {
  readonly x: number;
  readonly y: number;
  /** 0 background, 1 object, 2 and 3 the first and the last corner of a box. */
  readonly label: 0 | 1 | 2 | 3;
}

/** Everything the decoder says of one object, nothing chosen yet. */
export interface DecodedMasks {
  /** Four masks of 4E x 4E logits: that of the single-mask token, then the three alternatives. */
  readonly masks: readonly Float32Array[];
  /** Predicted IoU of each mask, 0..1. */
  readonly ious: Float32Array;
  /** Object pointer of each mask's token, [256] each, as if the object were there. */
  readonly pointers: readonly Float32Array[];
  /** Logit that the object is on the frame; there above 0. */
  readonly score: number;
}

export interface MaskToRemember {
  /** 4E x 4E logits; they are scaled up to S x S inside. */
  readonly logits: Float32Array;
  /** Taken as 0 or 1, as for prompted frames, or through the sigmoid. */
  readonly binary: boolean;
  /** Whether the object is on the frame; where it is not, the learned absence is added. */
  readonly present: boolean;
}

/** Learned vectors that the state machine itself needs. */
export interface Sam2Vectors {
  /** [256]: the pointer of an object that is not on the frame. */
  readonly noObjectPointer: Float32Array;
}

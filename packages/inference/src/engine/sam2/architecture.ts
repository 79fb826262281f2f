/** Names of the four networks, as `--model` takes them. */
export const sam2Names = [
  'sam2.1-tiny',
  'sam2.1-small',
  'sam2.1-base-plus',
  'sam2.1-large',
] as const;
export type Sam2Name = (typeof sam2Names)[number];

/**
 * What the four sizes of SAM 2.1 differ in: the Hiera encoder. Memory attention, memory encoder,
 * prompt encoder and mask decoder are the same in all of them.
 * Source: Ravi et al., SAM 2, 2024, and the published configurations; Ryali et al., Hiera, 2023.
 */
export interface Sam2Architecture {
  readonly name: Sam2Name;
  /** Channels of the first stage; each stage doubles them. */
  readonly embedDim: number;
  /** Attention heads of the first stage; each stage doubles them. */
  readonly heads: number;
  /** Blocks of each stage. */
  readonly stages: readonly [number, number, number, number];
  /** Blocks that attend over the whole map, counted from 0 over all stages. */
  readonly globalBlocks: readonly number[];
  /** Side of the attention windows of each stage, in tokens. */
  readonly windows: readonly [number, number, number, number];
  /** Side of the learned background position embedding, which is resized to the map. */
  readonly positionSide: number;
}

/** The size table. */
export const sam2Architectures: Readonly<Record<Sam2Name, Sam2Architecture>> = {
  'sam2.1-tiny': {
    name: 'sam2.1-tiny',
    embedDim: 96,
    heads: 1,
    stages: [1, 2, 7, 2],
    globalBlocks: [5, 7, 9],
    windows: [8, 4, 14, 7],
    positionSide: 7,
  },
  'sam2.1-small': {
    name: 'sam2.1-small',
    embedDim: 96,
    heads: 1,
    stages: [1, 2, 11, 2],
    globalBlocks: [7, 10, 13],
    windows: [8, 4, 14, 7],
    positionSide: 7,
  },
  'sam2.1-base-plus': {
    name: 'sam2.1-base-plus',
    embedDim: 112,
    heads: 2,
    stages: [2, 3, 16, 3],
    globalBlocks: [12, 16, 20],
    windows: [8, 4, 14, 7],
    positionSide: 14,
  },
  'sam2.1-large': {
    name: 'sam2.1-large',
    embedDim: 144,
    heads: 2,
    stages: [2, 6, 36, 4],
    globalBlocks: [23, 33, 43],
    windows: [8, 4, 16, 8],
    positionSide: 7,
  },
};

/** Sizes of the parts that are alike in all four networks. */
export const sam2Sizes = {
  /** Channels of the image features, of the prompts and of the mask decoder. */
  dim: 256,
  /** Channels of the memory. */
  memoryDim: 64,
  /** Side of the windows of the learned window position embedding. */
  windowPositionSide: 8,
  memoryLayers: 4,
  memoryFeedForward: 2048,
  /** Frames the memory bank holds, the prompted one included. */
  memoryFrames: 7,
  decoderLayers: 2,
  decoderFeedForward: 2048,
  /** Masks of the decoder: one single and three multi masks. */
  maskTokens: 4,
} as const;

/** One block of the encoder. */
export interface Sam2Block {
  /** 0 to 3. */
  readonly stage: number;
  readonly inputDim: number;
  readonly dim: number;
  readonly heads: number;
  /** Side of the windows in tokens before pooling; 0 attends over the whole map. */
  readonly window: number;
  /** Whether queries, and so the map, are halved in width and height. */
  readonly pools: boolean;
  /** Whether its output is the output of its stage. */
  readonly endsStage: boolean;
}

/**
 * The blocks of an encoder in order. The first block of a stage still has the window of the stage
 * before it, and halves the map, except in the first stage.
 */
export function sam2Blocks(architecture: Sam2Architecture): Sam2Block[] {
  const blocks: Sam2Block[] = [];
  architecture.stages.forEach((count, stage) => {
    for (let index = 0; index < count; index += 1) {
      const first = index === 0 && stage > 0;
      const windowStage = first ? stage - 1 : stage;
      const dim = architecture.embedDim * 2 ** stage;
      blocks.push({
        stage,
        inputDim: first ? dim / 2 : dim,
        dim,
        heads: architecture.heads * 2 ** stage,
        window: architecture.globalBlocks.includes(blocks.length)
          ? 0
          : (architecture.windows[windowStage] ?? 0),
        pools: first,
        endsStage: index === count - 1,
      });
    }
  });
  return blocks;
}

import { RotoError } from '@roto/sdk/contract';

/** How the state machine of SAM 2.1 works. Every part may be chosen apart. */
export interface Sam2Rules {
  /** Holes of the low-resolution mask of at most this many cells are filled; 0 fills none. */
  readonly fillHoleArea: number;
  /** Frames of memory a frame attends to, one conditioning frame included: 1..7. */
  readonly memoryFrames: number;
  /** Distance of the memories before the last one, frames; 1 takes each. */
  readonly memoryStride: number;
  /** Conditioning frames attended to at most, the nearest in time: 2 or more, or 0 for all. */
  readonly maxCondFrames: number;
  /**
   * Whether a frame that was tracked and then prompted becomes a conditioning frame. If not, the
   * correction is lost when the frame is tracked again.
   */
  readonly addAllFramesToCorrectAsCond: boolean;
  /** Whether an unstable single mask gives way to the best of the three others. */
  readonly multimaskByStability: boolean;
  /** A single mask is stable if nearly all of what lies above -delta lies above delta, logits. */
  readonly stabilityDelta: number;
  /** How much of it "nearly all" is, 0..1. */
  readonly stabilityThreshold: number;
  /** Whether prompted frames are remembered as 0 and 1, or through the sigmoid. */
  readonly binarizeMaskFromPoints: boolean;
  /** Whether prompts change the span up to their neighbours, or every frame is tracked again. */
  readonly retrack: 'span' | 'all';
}

/** Rules as asked for: a preset and the parts that differ from it. */
export type AskedRules = { readonly preset?: keyof typeof sam2Presets } & Partial<Sam2Rules>;

/**
 * `product` is what the published predictor does by default, with corrections that hold and a
 * bound on the frames attended to. `benchmark` is the published predictor as its benchmarks run it,
 * without post-processing.
 * Source: facebookresearch/sam2, version 2.1, `build_sam2_video_predictor`.
 */
export const sam2Presets = {
  product: {
    fillHoleArea: 8,
    memoryFrames: 7,
    memoryStride: 1,
    maxCondFrames: 4,
    addAllFramesToCorrectAsCond: true,
    multimaskByStability: true,
    stabilityDelta: 0.05,
    stabilityThreshold: 0.98,
    binarizeMaskFromPoints: true,
    retrack: 'span',
  },
  benchmark: {
    fillHoleArea: 0,
    memoryFrames: 7,
    memoryStride: 1,
    maxCondFrames: 0,
    addAllFramesToCorrectAsCond: true,
    multimaskByStability: false,
    stabilityDelta: 0.05,
    stabilityThreshold: 0.98,
    binarizeMaskFromPoints: false,
    retrack: 'all',
  },
} as const satisfies Record<string, Sam2Rules>;

/**
 * The rules asked for, whole.
 * @throws RotoError `invalid_argument` for a number out of its range
 */
export function resolveRules({ preset = 'product', ...parts }: AskedRules = {}): Sam2Rules {
  const rules = { ...sam2Presets[preset], ...parts };
  expectWhole('fillHoleArea', rules.fillHoleArea, 0);
  expectWhole('memoryFrames', rules.memoryFrames, 1, 7);
  expectWhole('memoryStride', rules.memoryStride, 1);
  expectWhole('maxCondFrames', rules.maxCondFrames, 0);
  if (rules.maxCondFrames === 1) {
    throw refusal('maxCondFrames', '0 for all, or 2 or more', rules.maxCondFrames);
  }
  return rules;
}

function expectWhole(name: string, value: number, least: number, most?: number): void {
  if (Number.isInteger(value) && value >= least && value <= (most ?? value)) return;
  const range = most === undefined ? `${least} or more` : `${least} to ${most}`;
  throw refusal(name, `a whole number, ${range}`, value);
}

function refusal(name: string, expected: string, value: number): RotoError {
  return new RotoError('invalid_argument', `Expected ${expected} for ${name}, not ${value}.`, {
    param: name,
  });
}

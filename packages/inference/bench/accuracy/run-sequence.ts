import type { Engine, ObjectMask } from '../../src/engine/engine.ts';
import { type BinaryMask, contourAccuracy, mean, regionSimilarity } from './measures.ts';
import type { PromptMode, Sequence } from './sequences.ts';

/** What one run of one sequence came to. */
export interface SequenceResult {
  readonly name: string;
  readonly mode: PromptMode;
  readonly j: number;
  readonly f: number;
  /** J of the first frame, which the prompt answers. */
  readonly firstJ: number;
  readonly frameJ: readonly number[];
  readonly scores: readonly number[];
  /** Frames without the object, and how many of them were said to be. */
  readonly emptyFrames: number;
  readonly emptyFound: number;
  /** Frames with the object, and how many of them were said to be without. */
  readonly fullFrames: number;
  readonly falseAlarms: number;
  readonly secondsPerFrame: number;
}

/** The mask's logits at every pixel's centre (bilinear), above 0. */
export function maskPicture(mask: ObjectMask, width: number, height: number): BinaryMask {
  const data = new Uint8Array(width * height);
  const { region, logits } = mask;
  const cell = (at: number, origin: number, extent: number, count: number) =>
    ((at + 0.5 - origin) * count) / extent - 0.5;
  for (let y = 0; y < height; y++) {
    const v = cell(y, region.y, region.height, mask.height);
    if (v < -0.5 || v > mask.height - 0.5) {
      continue;
    }
    const top = Math.min(Math.max(Math.floor(v), 0), mask.height - 2);
    const down = Math.min(Math.max(v - top, 0), 1);
    for (let x = 0; x < width; x++) {
      const u = cell(x, region.x, region.width, mask.width);
      if (u < -0.5 || u > mask.width - 0.5) {
        continue;
      }
      const left = Math.min(Math.max(Math.floor(u), 0), mask.width - 2);
      const right = Math.min(Math.max(u - left, 0), 1);
      const at = top * mask.width + left;
      const above = (logits[at] ?? 0) * (1 - right) + (logits[at + 1] ?? 0) * right;
      const below =
        (logits[at + mask.width] ?? 0) * (1 - right) + (logits[at + mask.width + 1] ?? 0) * right;
      data[y * width + x] = above * (1 - down) + below * down > 0 ? 1 : 0;
    }
  }
  return { width, height, data };
}

/** Tracks a sequence from its first frame and measures every frame but the first and the last. */
export async function runSequence(
  engine: Engine,
  sequence: Sequence,
  mode: PromptMode,
  onMask?: (frame: number, mask: ObjectMask, picture: BinaryMask) => void,
): Promise<SequenceResult> {
  const tracker = engine.createTracker({ clip: { first: 0, last: sequence.frames.length - 1 } });
  const masks: BinaryMask[] = [];
  const scores: number[] = [];
  let seconds = 0;
  for (const [i, frame] of sequence.frames.entries()) {
    const start = performance.now();
    const mask =
      i === 0
        ? await tracker.seed(frame, sequence.prompt(mode))
        : await tracker.track(frame, 'forward');
    seconds += i === 0 ? 0 : (performance.now() - start) / 1000;
    const picture = maskPicture(mask, frame.width, frame.height);
    onMask?.(i, mask, picture);
    masks.push(picture);
    scores.push(mask.score);
  }
  return measure(sequence, mode, masks, scores, seconds / Math.max(1, masks.length - 1));
}

/** Fewer object pixels than this are no fair test of whether the object is seen. */
const fewPixels = 400;

function measure(
  { name, truth }: Sequence,
  mode: PromptMode,
  masks: readonly BinaryMask[],
  scores: readonly number[],
  secondsPerFrame: number,
): SequenceResult {
  const frameJ = truth.map((real, i) => regionSimilarity(masks[i] ?? real, real));
  const inner = truth.map((_, i) => i).slice(1, -1);
  const areas = truth.map(({ data }) => data.reduce((sum, value) => sum + value, 0));
  const empty = inner.filter((i) => areas[i] === 0);
  const full = inner.filter((i) => (areas[i] ?? 0) >= fewPixels);
  const lost = (i: number) => (scores[i] ?? 0) <= 0.5;
  return {
    name,
    mode,
    j: mean(inner.map((i) => frameJ[i] ?? 0)),
    f: mean(inner.map((i) => boundaryOf(masks[i], truth[i]))),
    firstJ: frameJ[0] ?? 0,
    frameJ,
    scores,
    emptyFrames: empty.length,
    emptyFound: empty.filter(lost).length,
    fullFrames: full.length,
    falseAlarms: full.filter(lost).length,
    secondsPerFrame,
  };
}

function boundaryOf(mask: BinaryMask | undefined, truth: BinaryMask | undefined): number {
  return mask === undefined || truth === undefined ? 0 : contourAccuracy(mask, truth);
}

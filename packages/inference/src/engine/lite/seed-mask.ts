import { decoderPrompt, type MaskQuestion } from './decoder-prompts.ts';
import { boxOfCells, type MaskGrid, outsideLogit, positiveCells } from './mask-grid.ts';
import type { ViewFeatures } from './networks.ts';
import { clip } from './prior.ts';
import { decodeMasks, type TrackerTools } from './tracker-tools.ts';
import { type Box, cellSide, maskSize, type PictureSize, type View } from './view.ts';

/** Which of the decoder's four masks an answer is made of, given the IoU it expects of each. */
export type MaskPick = (expectedIou: Float32Array) => readonly number[];

/** The mask for prompts that leave no doubt what is meant. */
export const onlyMask: MaskPick = () => [0];

/** Of the three masks for prompts in doubt (part, whole, group) the one expected best. */
export const likeliestMask: MaskPick = (iou) => [
  [1, 2, 3].reduce((best, i) => ((iou[i] ?? 0) > (iou[best] ?? 0) ? i : best)),
];

/** Both of the above. */
export const bothMasks: MaskPick = (iou) => [...onlyMask(iou), ...likeliestMask(iou)];

/** Decodes of one question, each starting from the mean of those before. */
const usualRounds = 3;

/**
 * The decoder's answer to clicks and a box, refined: each round is given the mean of the masks so
 * far as its mask, and the mean is the answer. Logits are clipped to +-10.
 */
export async function decodeInRounds(
  tools: TrackerTools,
  features: ViewFeatures,
  view: View,
  question: MaskQuestion,
  { pick = onlyMask, rounds = usualRounds }: { pick?: MaskPick; rounds?: number } = {},
): Promise<MaskGrid> {
  const { width, height } = maskSize(view);
  const cells = width * height;
  const sum = new Float32Array(cells);
  let summed = 0;
  let mask = question.mask;
  for (let round = 0; round < rounds; round++) {
    const prompt = decoderPrompt({ ...question, ...(mask && { mask }) }, view);
    const { masks, iou } = await decodeMasks(tools, features, prompt);
    for (const index of pick(iou)) {
      summed++;
      for (let i = 0; i < cells; i++) {
        sum[i] = (sum[i] ?? 0) + (masks[index * cells + i] ?? 0);
      }
    }
    mask = sum.map((value) => clip(value / summed, outsideLogit, -outsideLogit));
  }
  return { view, width, height, logits: mask ?? sum };
}

/** Mean of the logits of two masks of one view. */
export function meanMask(a: MaskGrid, b: MaskGrid): MaskGrid {
  return { ...a, logits: a.logits.map((logit, i) => (logit + (b.logits[i] ?? 0)) / 2) };
}

/** Smallest box round the mask and every positive click; undefined where there is neither. */
export function boxWithClicks(mask: MaskGrid, question: MaskQuestion): Box | undefined {
  let box = boxOfCells(positiveCells(mask), mask.view);
  for (const { x, y, positive } of question.clicks) {
    if (positive) {
      box = {
        x1: Math.min(box?.x1 ?? x, x),
        y1: Math.min(box?.y1 ?? y, y),
        x2: Math.max(box?.x2 ?? x, x),
        y2: Math.max(box?.y2 ?? y, y),
      };
    }
  }
  return box;
}

/** Cells outside the picture become background. */
export function insidePicture(mask: MaskGrid, inside: Uint8Array): MaskGrid {
  const logits = mask.logits.map((logit, i) => (inside[i] === 1 ? logit : outsideLogit));
  return { ...mask, logits };
}

/** Box of a given matte's pixels above the middle; undefined where there is none. */
export function boxOfMatte(matte: Uint8Array, { width, height }: PictureSize): Box | undefined {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((matte[y * width + x] ?? 0) > 127) {
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = y;
      }
    }
  }
  return right < 0 ? undefined : { x1: left, y1: top, x2: right + 1, y2: bottom + 1 };
}

/** How steep the logits of a given matte are: a cell of which all is object has 10 or more. */
const matteSlope = 24;

/** A given matte of the picture as logits of the view: the mean over each cell, 0 at half. */
export function gridFromMatte(matte: Uint8Array, picture: PictureSize, view: View): MaskGrid {
  const { width, height } = maskSize(view);
  const sums = summedArea(matte, picture);
  const side = cellSide(view);
  const logits = new Float32Array(width * height);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const x = view.x + i * side;
      const y = view.y + j * side;
      const covered = sumOver(sums, picture, x, y, x + side, y + side) / (255 * side * side);
      logits[j * width + i] = clip(matteSlope * (covered - 0.5), outsideLogit, -outsideLogit);
    }
  }
  return { view, width, height, logits };
}

/** Sums of the matte over [0, x) x [0, y), [(height + 1)][(width + 1)]. */
function summedArea(matte: Uint8Array, { width, height }: PictureSize): Float64Array {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += matte[y * width + x] ?? 0;
      const at = (y + 1) * (width + 1) + x + 1;
      sums[at] = (sums[at - width - 1] ?? 0) + row;
    }
  }
  return sums;
}

/** Sum over a rectangle with edges anywhere: the corners between pixels are interpolated. */
function sumOver(
  sums: Float64Array,
  picture: PictureSize,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
): number {
  const corner = (x: number, y: number) => sumTo(sums, picture, x, y);
  return corner(x2, y2) - corner(x1, y2) - corner(x2, y1) + corner(x1, y1);
}

function sumTo(sums: Float64Array, { width, height }: PictureSize, x: number, y: number): number {
  const cx = clip(x, 0, width);
  const cy = clip(y, 0, height);
  const i = Math.min(Math.floor(cx), width - 1);
  const j = Math.min(Math.floor(cy), height - 1);
  const at = j * (width + 1) + i;
  const above = (sums[at] ?? 0) * (1 - cx + i) + (sums[at + 1] ?? 0) * (cx - i);
  const below = (sums[at + width + 1] ?? 0) * (1 - cx + i) + (sums[at + width + 2] ?? 0) * (cx - i);
  return above * (1 - cy + j) + below * (cy - j);
}

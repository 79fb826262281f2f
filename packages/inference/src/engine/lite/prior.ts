import type { CellMotion } from './cell-motion.ts';
import { distanceTo } from './distance.ts';
import { type MaskGrid, outsideLogit, positiveCells } from './mask-grid.ts';

/** Where the object may be before the decoder is asked, from the target model and the last mask. */
export interface PriorEvidence {
  /** Score of the target model on the mask cells, about -1 background to 1 object. */
  readonly score: Float32Array;
  /** The last mask seen in this view. */
  readonly still: MaskGrid;
  /** How the cells moved since then, where that is known. */
  readonly motion?: CellMotion | undefined;
  /** Cells in the picture. */
  readonly inside: Uint8Array;
  /** Area in cells that the object may have; 0 while it is lost. */
  readonly area: number;
  /** Size in cells of one cell of a 256-cell mask. */
  readonly unit: number;
}

const scoreWeight = 5;
const scoreLimit = 1.2;
const stillWeight = 0.25;
const stillLimit = 6;
const gateWeight = 4;
/** Say of a carried cell whose flow does not hold both ways, as a share of one whose does. */
const leastCarried = 0.3;

/** Intersection over union of two sets of cells; 0 where both are empty. */
export function overlap(a: Uint8Array, b: Uint8Array): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < a.length; i++) {
    both += (a[i] ?? 0) & (b[i] ?? 0);
    either += (a[i] ?? 0) | (b[i] ?? 0);
  }
  return both / Math.max(either, 1);
}

function eitherOf(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((cell, i) => cell | (b[i] ?? 0));
}

export function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/**
 * Logits of where the object is expected: the target model's score, the last mask carried along
 * with the picture's motion as far as it agrees with that score, less the farther a cell is from
 * the last mask.
 */
export function priorLogits(evidence: PriorEvidence): MaskGrid {
  const { score, still, motion, inside, area, unit } = evidence;
  const carried = motion === undefined ? still : { ...still, logits: motion.logits };
  const before = positiveCells(carried);
  const likely = Uint8Array.from(score, (value) => (value > 0 ? 1 : 0));
  const trust = stillWeight * clip((overlap(before, likely) - 0.4) / 0.3, 0, 1);
  const reach = Math.sqrt(area);
  const start = eitherOf(before, positiveCells(still));
  const distance = area > 0 ? distanceTo(start, still.width, still.height, 1) : undefined;
  const logits = new Float32Array(score.length);
  for (let i = 0; i < logits.length; i++) {
    const away = Math.max(0, (distance?.[i] ?? 0) - 0.3 * reach) / Math.max(6 * unit, reach);
    const certainty = leastCarried + (1 - leastCarried) * (motion?.certainty[i] ?? 1);
    const logit =
      trust * certainty * clip(carried.logits[i] ?? 0, -stillLimit, stillLimit) +
      scoreWeight * clip(score[i] ?? 0, -scoreLimit, scoreLimit) -
      gateWeight * Math.min(2, away);
    logits[i] = inside[i] === 1 ? clip(logit, outsideLogit, -outsideLogit) : outsideLogit;
  }
  return { view: still.view, width: still.width, height: still.height, logits };
}

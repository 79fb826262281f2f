import type { CellMotion } from './cell-motion.ts';
import type { MaskGrid } from './mask-grid.ts';

/** How the cells of a mask moved, all together. */
export interface ObjectMotion {
  /** Share of them that moves otherwise than the ground, by how sure their flow is. */
  readonly moving: number;
  /** Means of their certainty and of their trust, distrust counted as none; all 0..1. */
  readonly certainty: number;
  readonly trust: number;
}

/** Undefined where the ground's motion is not known, or the flow of no cell is sure. */
export function objectMotion(mask: MaskGrid, motion: CellMotion): ObjectMotion | undefined {
  if (motion.offGround === undefined) return undefined;
  let [count, moving, certainty, trust] = [0, 0, 0, 0];
  for (let i = 0; i < mask.logits.length; i++) {
    if ((mask.logits[i] ?? 0) <= 0) continue;
    const sure = motion.certainty[i] ?? 0;
    count++;
    moving += sure * (motion.offGround[i] ?? 0);
    certainty += sure;
    trust += Math.max(0, motion.trust[i] ?? 0);
  }
  if (certainty === 0) return undefined;
  return { moving: moving / certainty, certainty: certainty / count, trust: trust / count };
}

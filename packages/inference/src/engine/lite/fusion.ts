import { dropSmallParts } from './components.ts';
import { type MaskGrid, positiveCells } from './mask-grid.ts';
import type { DecoderMasks } from './networks.ts';
import { clip } from './prior.ts';

/** The decoder's mask that suits a prior best. */
export interface ChosenMask {
  readonly logits: Float32Array;
  /** Soft IoU with the prior, 0..1. */
  readonly agreement: number;
  /** The IoU the decoder expects of itself. */
  readonly expectedIou: number;
}

/** Overlap of a mask (above 0) with probabilities: sum of products over sum of their union. */
function softOverlap(logits: Float32Array, probability: Float32Array): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < logits.length; i++) {
    const p = probability[i] ?? 0;
    const inside = (logits[i] ?? 0) > 0;
    both += inside ? p : 0;
    either += inside ? 1 : p;
  }
  return either > 0 ? both / either : 0;
}

/** Picks the mask that overlaps the prior most, with some regard to what the decoder expects. */
export function chooseMask(masks: DecoderMasks, prior: MaskGrid): ChosenMask {
  const probability = prior.logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const cells = prior.logits.length;
  let best: ChosenMask | undefined;
  let bestRank = Number.NEGATIVE_INFINITY;
  for (const [index, expectedIou] of masks.iou.entries()) {
    const logits = masks.masks.subarray(index * cells, (index + 1) * cells);
    const agreement = softOverlap(logits, probability);
    const rank = agreement + 0.3 * Math.min(expectedIou, 1);
    if (rank > bestRank) {
      bestRank = rank;
      best = { logits, agreement, expectedIou };
    }
  }
  return best ?? { logits: prior.logits, agreement: 0, expectedIou: 0 };
}

const decoderShare = 0.5;
const decoderLimit = 8;

/** The chosen mask and the prior together; the less they agree the more the prior decides. */
export function fuse(chosen: ChosenMask, prior: MaskGrid): MaskGrid {
  const share = decoderShare * clip((chosen.agreement - 0.3) / 0.5, 0, 1);
  const logits = new Float32Array(prior.logits.length);
  for (let i = 0; i < logits.length; i++) {
    const decoded = clip(chosen.logits[i] ?? 0, -decoderLimit, decoderLimit);
    logits[i] = share * decoded + (1 - share) * (prior.logits[i] ?? 0);
  }
  return { ...prior, logits };
}

const leastPart = 0.02;
const droppedLogit = -2;

/** Takes away parts smaller than 2 per cent of the largest: their cells become background. */
export function withoutSpecks(mask: MaskGrid): MaskGrid {
  const cells = positiveCells(mask);
  const kept = dropSmallParts(cells, mask.width, mask.height, leastPart);
  const logits = mask.logits.slice();
  for (let i = 0; i < logits.length; i++) {
    if (cells[i] === 1 && kept[i] === 0) {
      logits[i] = droppedLogit;
    }
  }
  return { ...mask, logits };
}

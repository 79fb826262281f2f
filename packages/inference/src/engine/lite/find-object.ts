import { type CellFeatures, scoreCells } from './cell-features.ts';
import type { CellMotion } from './cell-motion.ts';
import { decoderPrompt, questionFromPrior } from './decoder-prompts.ts';
import { chooseMask, fuse, withoutSpecks } from './fusion.ts';
import {
  areaInPixels,
  cellsInPicture,
  countCells,
  enlargeFeaturePlane,
  filledGrid,
  type MaskGrid,
  outsideLogit,
  positiveCells,
  resampleGrid,
} from './mask-grid.ts';
import type { ViewFeatures } from './networks.ts';
import { type ObjectMotion, objectMotion } from './object-motion.ts';
import type { PresenceEvidence } from './presence.ts';
import { priorLogits } from './prior.ts';
import type { TrackerState } from './tracker-state.ts';
import { decodeMasks, lengthUnit, type TrackerTools } from './tracker-tools.ts';
import { objections, upheldObjections } from './trust.ts';
import { cellSide, type View } from './view.ts';

/** What was found in a view, and what speaks for it. */
export interface FoundObject {
  readonly mask: MaskGrid;
  /** The logits without what the motion objected to. */
  readonly wanted: Float32Array;
  readonly evidence: PresenceEvidence;
  /** Share of what was found that moves otherwise than the ground; undefined if not known. */
  readonly moving: number | undefined;
}

/** Part of the score that the keys' own model has: it holds against look-alikes and drift. */
const keyShare = 0.3;

/** What is known of the frame that is searched. */
export interface SearchedView {
  readonly view: View;
  readonly features: ViewFeatures;
  readonly cells: CellFeatures;
  /** The target model of keys and tracked frames. */
  readonly model: Float64Array;
  /** How the picture moved since the last frame. */
  readonly motion: CellMotion;
}

/** Finds the object in a view by the target model, the last mask, the motion and the decoder. */
export async function findObject(
  tools: TrackerTools,
  state: TrackerState,
  { view, features, cells, model, motion }: SearchedView,
): Promise<FoundObject> {
  const unit = lengthUnit(tools.rules);
  const inside = cellsInPicture(view, state.picture);
  const byKeys = scoreCells(cells, state.keyModel);
  const byBoth = scoreCells(cells, model).map(
    (value, i) => value + keyShare * ((byKeys[i] ?? 0) - value),
  );
  const score = enlargeFeaturePlane(byBoth, view);
  const lost = state.lostFrames > 0;
  const unopposed = priorLogits({
    score,
    still: lost ? filledGrid(view, outsideLogit) : resampleGrid(state.mask, view),
    motion: lost ? undefined : motion,
    inside,
    area: lost ? 0 : state.reach / cellSide(view) ** 2,
    unit,
  });
  const against = lost ? undefined : objections(motion);
  const prior = against === undefined ? unopposed : lessLogits(unopposed, against);
  const question = questionFromPrior(prior, unit);
  let mask = prior;
  let wanted = prior.logits;
  let agreement = 0;
  if (question !== undefined) {
    const masks = await decodeMasks(tools, features, decoderPrompt(question, view));
    const chosen = chooseMask(masks, prior);
    agreement = chosen.agreement;
    const upheld = against && upheldObjections(against, chosen.logits);
    const fused = fuse(chosen, upheld === undefined ? prior : lessLogits(unopposed, upheld));
    wanted = fused.logits;
    mask = withoutSpecks(upheld === undefined ? fused : lessLogits(fused, upheld));
  }
  const keyScore = enlargeFeaturePlane(byKeys, view);
  const moved = objectMotion(mask, motion);
  const evidence = {
    ...weigh(state, mask, keyScore, agreement),
    idle: idleness(state.moving, moved),
  };
  return { mask, wanted, evidence, moving: moved?.moving };
}

function lessLogits(mask: MaskGrid, less: Float32Array): MaskGrid {
  const logits = mask.logits.map((logit, i) => Math.max(outsideLogit, logit - (less[i] ?? 0)));
  return { ...mask, logits };
}

/** See {@link PresenceEvidence.idle}. */
function idleness(movedBefore: number, now: ObjectMotion | undefined): number {
  return now === undefined
    ? 0
    : now.certainty * (1 - now.trust) * Math.max(0, movedBefore - now.moving);
}

function weigh(
  state: TrackerState,
  mask: MaskGrid,
  keyScore: Float32Array,
  agreement: number,
): Omit<PresenceEvidence, 'idle'> {
  const found = positiveCells(mask);
  const count = countCells(found);
  let sum = 0;
  let best = -1;
  for (let i = 0; i < found.length; i++) {
    if (found[i] === 1) {
      sum += keyScore[i] ?? 0;
      best = Math.max(best, keyScore[i] ?? 0);
    }
  }
  const area = areaInPixels(mask.view, count);
  return {
    meanKeyScore: count === 0 ? -1 : sum / count,
    bestKeyScore: best,
    agreement,
    keyAreaRatio: area / Math.max(state.keyArea, 1),
    growth: area / Math.max(state.area, state.keyArea, 1),
    wasLost: state.lostFrames > 0,
  };
}

import { type CellFeatures, scoreCells } from './cell-features.ts';
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
import type { PresenceEvidence } from './presence.ts';
import { priorLogits } from './prior.ts';
import type { TrackerState } from './tracker-state.ts';
import { decodeMasks, lengthUnit, type TrackerTools } from './tracker-tools.ts';
import { cellSide, type View } from './view.ts';

/** What was found in a view, and what speaks for it. */
export interface FoundObject {
  readonly mask: MaskGrid;
  readonly evidence: PresenceEvidence;
}

/** Part of the score that the keys' own model has: it holds against look-alikes and drift. */
const keyShare = 0.3;

/** Finds the object in a view by the target model, the last mask and the decoder. */
export async function findObject(
  tools: TrackerTools,
  state: TrackerState,
  view: View,
  features: ViewFeatures,
  cells: CellFeatures,
  model: Float64Array,
): Promise<FoundObject> {
  const unit = lengthUnit(tools.rules);
  const inside = cellsInPicture(view, state.picture);
  const byKeys = scoreCells(cells, state.keyModel);
  const byBoth = scoreCells(cells, model).map(
    (value, i) => value + keyShare * ((byKeys[i] ?? 0) - value),
  );
  const score = enlargeFeaturePlane(byBoth, view);
  const lost = state.lostFrames > 0;
  const prior = priorLogits({
    score,
    still: lost ? filledGrid(view, outsideLogit) : resampleGrid(state.mask, view),
    inside,
    lastArea: lost ? 0 : state.area / cellSide(view) ** 2,
    unit,
  });
  const question = questionFromPrior(prior, unit);
  let mask = prior;
  let agreement = 0;
  if (question !== undefined) {
    const masks = await decodeMasks(tools, features, decoderPrompt(question, view));
    const chosen = chooseMask(masks, prior);
    agreement = chosen.agreement;
    mask = withoutSpecks(fuse(chosen, prior));
  }
  const keyScore = enlargeFeaturePlane(byKeys, view);
  return { mask, evidence: weigh(state, mask, keyScore, agreement) };
}

function weigh(
  state: TrackerState,
  mask: MaskGrid,
  keyScore: Float32Array,
  agreement: number,
): PresenceEvidence {
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

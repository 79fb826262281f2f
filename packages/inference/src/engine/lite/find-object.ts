import { type CellFeatures, scoreCells } from './cell-features.ts';
import { decoderPrompt, questionFromPrior } from './decoder-prompts.ts';
import { type ChosenMask, chooseMask, fuse, withoutSpecks } from './fusion.ts';
import {
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
  const score = enlargeFeaturePlane(scoreCells(cells, model), view);
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
  let chosen: ChosenMask = { logits: prior.logits, agreement: 0, expectedIou: 0 };
  if (question !== undefined) {
    const masks = await decodeMasks(tools, features, decoderPrompt(question, view));
    chosen = chooseMask(masks, prior);
    mask = withoutSpecks(fuse(chosen, prior));
  }
  const keyScore = enlargeFeaturePlane(scoreCells(cells, state.keyModel), view);
  return { mask, evidence: weigh(state, mask, score, keyScore, chosen) };
}

function meanOver(values: Float32Array, cells: Uint8Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < cells.length; i++) {
    sum += cells[i] === 1 ? (values[i] ?? 0) : 0;
  }
  return sum / Math.max(count, 1);
}

function weigh(
  state: TrackerState,
  mask: MaskGrid,
  score: Float32Array,
  keyScore: Float32Array,
  chosen: ChosenMask,
): PresenceEvidence {
  const found = positiveCells(mask);
  const count = countCells(found);
  const area = count * cellSide(mask.view) ** 2;
  const mean = meanOver(score, found, count);
  return {
    score: mean,
    keyScore: meanOver(keyScore, found, count),
    scoreRatio: mean / Math.max(state.usualScore, 0.1),
    agreement: chosen.agreement,
    expectedIou: chosen.expectedIou,
    areaRatio: area / state.area,
    keyAreaRatio: area / state.keyArea,
    wasLost: state.lostFrames > 0,
  };
}

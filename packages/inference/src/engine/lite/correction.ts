import type { Frame } from '../../media/clip.ts';
import type { EnginePrompt } from '../engine.ts';
import { type Click, deepCells, type MaskQuestion } from './decoder-prompts.ts';
import {
  cellsInPicture,
  countCells,
  featureCoverage,
  type MaskGrid,
  positiveCells,
  resampleGrid,
} from './mask-grid.ts';
import type { ViewFeatures } from './networks.ts';
import { clicksOf, type SeededMask, seedMask } from './seed.ts';
import { decodeInRounds, insidePicture } from './seed-mask.ts';
import { encodeView, lengthUnit, type TrackerTools } from './tracker-tools.ts';
import { cellCentre, toCells, type View, viewRegion, wholeView } from './view.ts';

/** A corrected mask, and how much more its cells count than others when learned from. */
export interface CorrectedMask extends SeededMask {
  readonly emphasis: Float32Array;
}

/** Weight of a feature cell whose label the correction changed, or that was clicked. */
const changedWeight = 4;
/** Cells (of 256) round a click that take its label whatever the decoder says. */
const clickRadius = 3;

function shows(view: View, click: Click): boolean {
  const { x, y, width, height } = viewRegion(view);
  return click.x >= x && click.y >= y && click.x < x + width && click.y < y + height;
}

/** Points deep inside the tracked mask that no negative click is near: they hold the rest. */
function anchors(mask: MaskGrid, clicks: readonly Click[], unit: number): Click[] {
  const free = positiveCells(mask);
  for (const click of clicks) {
    if (!click.positive) {
      const at = toCells(mask.view, click.x, click.y);
      paintDisk(mask, at, 24 * unit, (i) => {
        free[i] = 0;
      });
    }
  }
  return deepCells(free, mask.width, mask.height, 3, unit).map((cell) => ({
    ...cellCentre(mask.view, cell),
    positive: true,
  }));
}

function paintDisk(
  { width, height }: { readonly width: number; readonly height: number },
  centre: { readonly x: number; readonly y: number },
  radius: number,
  paint: (index: number) => void,
): void {
  for (let y = Math.max(0, Math.floor(centre.y - radius)); y < height; y++) {
    for (let x = Math.max(0, Math.floor(centre.x - radius)); x < width; x++) {
      if ((x + 0.5 - centre.x) ** 2 + (y + 0.5 - centre.y) ** 2 <= radius * radius) {
        paint(y * width + x);
      }
      if (x > centre.x + radius) {
        break;
      }
    }
    if (y > centre.y + radius) {
      break;
    }
  }
}

/** What is clicked holds: a small disk round each click takes its label. */
function obeyClicks(mask: MaskGrid, clicks: readonly Click[], unit: number): MaskGrid {
  const logits = mask.logits.slice();
  for (const { x, y, positive } of clicks) {
    paintDisk(mask, toCells(mask.view, x, y), clickRadius * unit, (i) => {
      const logit = logits[i] ?? 0;
      logits[i] = positive ? Math.max(logit, 4) : Math.min(logit, -4);
    });
  }
  return { ...mask, logits };
}

/** Negative clicks only take away, positive ones only add: elsewhere the tracked mask stands. */
function keepToClicks(tracked: MaskGrid, decoded: MaskGrid, clicks: readonly Click[]): MaskGrid {
  const adds = clicks.some((click) => click.positive);
  const takes = clicks.some((click) => !click.positive);
  const logits = decoded.logits.map((logit, i) => {
    const before = tracked.logits[i] ?? 0;
    if ((logit > 0 && before <= 0 && !adds) || (logit <= 0 && before > 0 && !takes)) {
      return before;
    }
    return logit;
  });
  return { ...decoded, logits };
}

function changedCells(before: MaskGrid, after: MaskGrid, clicks: readonly Click[]): Float32Array {
  const { view } = after;
  const changed = new Uint8Array(after.logits.length);
  for (let i = 0; i < changed.length; i++) {
    changed[i] = (before.logits[i] ?? 0) > 0 !== (after.logits[i] ?? 0) > 0 ? 1 : 0;
  }
  const emphasis = featureCoverage(changed, view).map((share) => 1 + (changedWeight - 1) * share);
  for (const click of clicks) {
    const at = toCells(view, click.x, click.y);
    const x = Math.floor(at.x / 4);
    const y = Math.floor(at.y / 4);
    if (x >= 0 && y >= 0 && x < view.gridWidth && y < view.gridHeight) {
      emphasis[y * view.gridWidth + x] = changedWeight;
    }
  }
  return emphasis;
}

/**
 * The mask of a frame just tracked, changed by what the artist said of it. A mask, or a box, or
 * clicks on an object that was lost, starts afresh; clicks on a mask are asked of the decoder
 * together with that mask. `known` are the features of the tracked mask's view, where kept.
 */
export async function correctMask(
  tools: TrackerTools,
  frame: Frame,
  tracked: MaskGrid,
  prompt: EnginePrompt,
  known: ViewFeatures | undefined,
): Promise<CorrectedMask> {
  const clicks = clicksOf(prompt);
  const empty = countCells(positiveCells(tracked)) === 0;
  if (empty && clicks.every((click) => !click.positive) && !prompt.box && !prompt.mask) {
    return await confirmEmpty(tools, frame, tracked, known);
  }
  if (prompt.mask !== undefined || prompt.box !== undefined || empty) {
    const seeded = await seedMask(tools, frame, prompt);
    const cells = seeded.mask.view.gridWidth * seeded.mask.view.gridHeight;
    return { ...seeded, emphasis: new Float32Array(cells).fill(1) };
  }
  const unit = lengthUnit(tools.rules);
  const fits = clicks.every((click) => shows(tracked.view, click));
  const view = fits ? tracked.view : wholeView(frame, tools.rules);
  const features = fits && known ? known : await encodeView(tools, frame, view);
  const start = fits ? tracked : resampleGrid(tracked, view);
  const question: MaskQuestion = {
    clicks: [...clicks, ...anchors(start, clicks, unit)],
    mask: start.logits,
  };
  const decoded = await decodeInRounds(tools, features, view, question);
  const local = obeyClicks(keepToClicks(start, decoded, clicks), clicks, unit);
  const mask = insidePicture(local, cellsInPicture(view, frame));
  return { mask, features, emphasis: changedCells(start, mask, clicks) };
}

async function confirmEmpty(
  tools: TrackerTools,
  frame: Frame,
  tracked: MaskGrid,
  known: ViewFeatures | undefined,
): Promise<CorrectedMask> {
  const features = known ?? (await encodeView(tools, frame, tracked.view));
  const cells = tracked.view.gridWidth * tracked.view.gridHeight;
  return { mask: tracked, features, emphasis: new Float32Array(cells).fill(1) };
}

import { dropSmallParts } from './components.ts';
import { distanceTo } from './distance.ts';
import { boxOfCells, type MaskGrid, positiveCells } from './mask-grid.ts';
import type { DecoderPrompt } from './networks.ts';
import { type Box, cellCentre, cellSide, maskCell, type View } from './view.ts';

/** A click in pixels of the picture, edges not centres: the first pixel's centre is at .5. */
export interface Click {
  readonly x: number;
  readonly y: number;
  readonly positive: boolean;
}

/** What the decoder is asked, in the picture's terms. */
export interface MaskQuestion {
  readonly clicks: readonly Click[];
  readonly box?: Box;
  readonly mask?: Float32Array;
}

/** Brings a question into the pixels of the view as encoded. */
export function decoderPrompt(question: MaskQuestion, view: View): DecoderPrompt {
  const place = (x: number, y: number) => [
    (x - view.x) * view.scale - 0.5,
    (y - view.y) * view.scale - 0.5,
  ];
  const coords = question.clicks.flatMap((click) => place(click.x, click.y));
  const labels: number[] = question.clicks.map((click) => (click.positive ? 1 : 0));
  if (question.box !== undefined) {
    const { x1, y1, x2, y2 } = question.box;
    coords.push(...place(x1, y1), ...place(x2, y2));
    labels.push(2, 3);
  }
  return {
    coords: Float32Array.from(coords),
    labels: Float32Array.from(labels),
    ...(question.mask === undefined ? {} : { mask: question.mask }),
  };
}

/**
 * Up to `count` cells deep inside a set of cells, deepest first and well apart: successive peaks of
 * the distance to the set's edge. `unit` is the size in cells of one cell of a 256-cell mask.
 */
export function deepCells(
  cells: Uint8Array,
  width: number,
  height: number,
  count: number,
  unit: number,
): { x: number; y: number }[] {
  const depth = distanceTo(cells, width, height, 0);
  const found: { x: number; y: number }[] = [];
  while (found.length < count) {
    let best = 0;
    for (let i = 1; i < depth.length; i++) {
      if ((depth[i] ?? 0) > (depth[best] ?? 0)) {
        best = i;
      }
    }
    const deepest = Math.min(depth[best] ?? 0, Math.max(width, height));
    if (deepest < 1.5 * unit) {
      break;
    }
    const at = { x: best % width, y: Math.floor(best / width) };
    found.push(at);
    clearDisk(depth, width, height, at, Math.max(6 * unit, 1.5 * deepest));
  }
  return found;
}

function clearDisk(
  values: Float32Array,
  width: number,
  height: number,
  centre: { readonly x: number; readonly y: number },
  radius: number,
): void {
  for (let y = Math.max(0, Math.ceil(centre.y - radius)); y < height; y++) {
    if (y > centre.y + radius) {
      break;
    }
    for (let x = Math.max(0, Math.ceil(centre.x - radius)); x < width; x++) {
      if (x > centre.x + radius) {
        break;
      }
      if ((x - centre.x) ** 2 + (y - centre.y) ** 2 <= radius * radius) {
        values[y * width + x] = 0;
      }
    }
  }
}

/** Cells of background near the object: 4 to 24 cells (of 256) away, where the prior is sure. */
function nearBackground(prior: MaskGrid, object: Uint8Array, unit: number): Uint8Array {
  const distance = distanceTo(object, prior.width, prior.height, 1);
  const ring = new Uint8Array(object.length);
  for (let i = 0; i < ring.length; i++) {
    const away = (distance[i] ?? 0) / unit;
    ring[i] = away >= 4 && away <= 24 && (prior.logits[i] ?? 0) < -3 ? 1 : 0;
  }
  return ring;
}

const positiveClicks = 4;
const negativeClicks = 3;
/** Parts of the prior smaller than this share of the largest are not asked for. */
const leastPart = 0.05;

/**
 * The question a prior asks of the decoder: its box, points deep inside it and on the background
 * beside it, and the prior itself as mask. Undefined where the prior shows nothing.
 */
export function questionFromPrior(prior: MaskGrid, unit: number): MaskQuestion | undefined {
  const { view, width, height } = prior;
  const object = dropSmallParts(positiveCells(prior), width, height, leastPart);
  const box = boxOfCells(object, view);
  if (box === undefined) {
    return undefined;
  }
  const side = cellSide(view);
  const click = (cell: { x: number; y: number }, positive: boolean): Click => ({
    ...cellCentre(view, cell),
    positive,
  });
  const inside = deepCells(object, width, height, positiveClicks, unit);
  const beside = deepCells(
    nearBackground(prior, object, unit),
    width,
    height,
    negativeClicks,
    unit,
  );
  return {
    clicks: [
      ...inside.map((cell) => click(cell, true)),
      ...beside.map((cell) => click(cell, false)),
    ],
    box: growBox(box, side * unit, view),
    mask: prior.logits,
  };
}

/** The box grown by a margin each way, kept inside the view. */
function growBox(box: Box, margin: number, view: View): Box {
  const right = view.x + (view.gridWidth * 4 * maskCell) / view.scale;
  const bottom = view.y + (view.gridHeight * 4 * maskCell) / view.scale;
  return {
    x1: Math.max(view.x, box.x1 - margin),
    y1: Math.max(view.y, box.y1 - margin),
    x2: Math.min(right, box.x2 + margin),
    y2: Math.min(bottom, box.y2 + margin),
  };
}

import type { Region } from '../engine.ts';

/** Pixels of the encoder's input that one feature cell covers. */
export const featureCell = 16;
/** Pixels of the encoder's input that one cell of a mask covers. */
export const maskCell = 4;

/** Size of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Rectangle in pixels of the picture, edges not centres. */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/**
 * The part of the picture that the encoder sees: a square of `side` pixels at (x, y), scaled to
 * the encoder's input, of which the rows and columns outside the picture are cut off. A feature
 * cell covers 16 and a mask cell 4 input pixels, so a mask has 4 times the grid's cells each way.
 */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly side: number;
  /** Input pixels per pixel of the picture. */
  readonly scale: number;
  readonly gridWidth: number;
  readonly gridHeight: number;
}

/** How views are laid: the encoder's input size and the rules that keep a view steady. */
export interface ViewRules {
  /** Sides of the encoder's square input, a multiple of 16. */
  readonly inputSize: number;
  /** Whether the input is cut to the rows and columns that lie in the picture. */
  readonly cut: boolean;
  /** Side of the view as a multiple of the object's longer side. */
  readonly context: number;
  readonly minSide: number;
}

const sideStep = 32;
const originStep = 16;

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Longest side of a view: the picture's longer side. */
export function largestSide(picture: PictureSize): number {
  return Math.max(picture.width, picture.height);
}

/**
 * The view of about `side` pixels round a centre. Side and origin are rounded so that the view
 * stands still while the object does, and the view is moved into the picture where it can be.
 */
export function viewAround(
  centre: { readonly x: number; readonly y: number },
  side: number,
  picture: PictureSize,
  rules: ViewRules,
): View {
  const most = largestSide(picture);
  const rounded = side >= most ? most : Math.round(side / sideStep) * sideStep;
  const clamped = clamp(rounded, Math.min(rules.minSide, most), most);
  const origin = (middle: number, extent: number) =>
    clamp(
      Math.round((middle - clamped / 2) / originStep) * originStep,
      0,
      Math.max(0, extent - clamped),
    );
  const x = origin(centre.x, picture.width);
  const y = origin(centre.y, picture.height);
  const scale = rules.inputSize / clamped;
  const cells = (extent: number) => {
    const whole = rules.inputSize / featureCell;
    return rules.cut ? clamp(Math.ceil((extent * scale) / featureCell - 1e-6), 1, whole) : whole;
  };
  return {
    x,
    y,
    side: clamped,
    scale,
    gridWidth: cells(picture.width - x),
    gridHeight: cells(picture.height - y),
  };
}

/** The view of the whole picture. */
export function wholeView(picture: PictureSize, rules: ViewRules): View {
  const centre = { x: picture.width / 2, y: picture.height / 2 };
  return viewAround(centre, largestSide(picture), picture, rules);
}

/** The view for an object of the given box: its longer side times the rules' context. */
export function viewForBox(box: Box, picture: PictureSize, rules: ViewRules): View {
  return viewAround(boxCentre(box), rules.context * longerSide(box), picture, rules);
}

export function boxCentre(box: Box): { x: number; y: number } {
  return { x: (box.x1 + box.x2) / 2, y: (box.y1 + box.y2) / 2 };
}

export function longerSide(box: Box): number {
  return Math.max(box.x2 - box.x1, box.y2 - box.y1);
}

/** Whether two views show the same part of the picture at the same scale. */
export function sameView(a: View, b: View): boolean {
  return a.x === b.x && a.y === b.y && a.side === b.side && a.scale === b.scale;
}

/** Cells of a mask of this view. */
export function maskSize(view: View): { width: number; height: number } {
  const cells = featureCell / maskCell;
  return { width: view.gridWidth * cells, height: view.gridHeight * cells };
}

/** Side of one mask cell in pixels of the picture. */
export function cellSide(view: View): number {
  return maskCell / view.scale;
}

/** The rectangle of the picture that a mask of this view lies over. */
export function viewRegion(view: View): Region {
  return {
    x: view.x,
    y: view.y,
    width: (view.gridWidth * featureCell) / view.scale,
    height: (view.gridHeight * featureCell) / view.scale,
  };
}

/** A place in the picture (edges, so the first pixel's centre is .5) in mask cells of the view. */
export function toCells(view: View, x: number, y: number): { x: number; y: number } {
  return { x: (x - view.x) / cellSide(view), y: (y - view.y) / cellSide(view) };
}

/** Centre of a mask cell in pixels of the picture. */
export function cellCentre(
  view: View,
  cell: { readonly x: number; readonly y: number },
): { x: number; y: number } {
  const side = cellSide(view);
  return { x: view.x + (cell.x + 0.5) * side, y: view.y + (cell.y + 0.5) * side };
}

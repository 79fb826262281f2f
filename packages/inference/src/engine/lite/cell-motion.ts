import { greyStep } from './grey-picture.ts';
import { type GroundMotion, groundMotion } from './ground-motion.ts';
import { type MaskGrid, outsideLogit } from './mask-grid.ts';
import {
  type ExpandedPicture,
  expandPicture,
  type Flow,
  type GreyPicture,
  opticalFlow,
  sampleAt,
} from './optical-flow.ts';
import { cellSide, maskSize, type PictureSize, type View } from './view.ts';

/** How the mask cells of a view moved since the last frame; planes of the view's mask size. */
export interface CellMotion {
  /** The last mask's logits where the cells were then. */
  readonly logits: Float32Array;
  /** The last trust where the cells were then. */
  readonly trust: Float32Array;
  /** How far the flow holds both ways, 0..1. */
  readonly certainty: Float32Array;
  /** How surely a cell goes with the ground while the object does not, 0..1. */
  readonly withGround: Float32Array;
  /** How far the picture does not speak against that, 0..1. */
  readonly fitsGround: Float32Array;
  /** How surely a cell moves otherwise than the ground, 0..1; undefined where that is not known. */
  readonly offGround: Float32Array | undefined;
}

/** What is carried from the last frame. */
export interface MotionMemory {
  /** The last frame, small and grey. */
  readonly grey: GreyPicture;
  readonly mask: MaskGrid;
  readonly trust: Float32Array;
}

/** Squared error of the way there and back, in small pixels, at which certainty is down to 1/e. */
const returnError = 0.5;

/** The quadratics of pictures still in use: the last frame was expanded when it was the newest. */
const expansions = new WeakMap<GreyPicture, ExpandedPicture>();

function expanded(picture: GreyPicture): ExpandedPicture {
  const known = expansions.get(picture) ?? expandPicture(picture);
  expansions.set(picture, known);
  return known;
}

/** Follows the cells of a view back to the last frame. */
export function cellMotion(
  memory: MotionMemory,
  now: GreyPicture,
  picture: PictureSize,
  view: View,
): CellMotion {
  const { grey: before, mask } = memory;
  const [then, today] = [expanded(before), expanded(now)];
  const flow = opticalFlow(today, then);
  const certainty = returnCertainty(flow, opticalFlow(then, today));
  const step = greyStep(picture);
  const object = lastLogits(flow, mask, step);
  const ground = groundMotion({ now, before, flow, certainty, object });
  return motionOfCells({ flow, certainty, ...ground }, memory, step, view);
}

/** What is known of the small pixels. */
interface PixelMotion extends GroundMotion {
  readonly flow: Flow;
  readonly certainty: Float32Array;
}

/** Brings everything known of the small pixels to the mask cells of a view. */
function motionOfCells(
  pixels: PixelMotion,
  { mask, trust }: MotionMemory,
  step: number,
  view: View,
): CellMotion {
  const { flow } = pixels;
  const toCells = cellSampler(flow, step, view);
  const [dx, dy] = [toCells(flow.x), toCells(flow.y)];
  const logits = new Float32Array(dx.length);
  const lastTrust = new Float32Array(dx.length);
  const { width } = maskSize(view);
  const side = cellSide(view);
  const lastSide = cellSide(mask.view);
  for (let i = 0; i < dx.length; i++) {
    const x = view.x + ((i % width) + 0.5) * side + step * (dx[i] ?? 0);
    const y = view.y + (Math.floor(i / width) + 0.5) * side + step * (dy[i] ?? 0);
    const u = (x - mask.view.x) / lastSide - 0.5;
    const v = (y - mask.view.y) / lastSide - 0.5;
    const shown = u >= -0.5 && v >= -0.5 && u <= mask.width - 0.5 && v <= mask.height - 0.5;
    logits[i] = shown ? sampleAt(mask.logits, mask.width, mask.height, u, v) : outsideLogit;
    lastTrust[i] = shown ? sampleAt(trust, mask.width, mask.height, u, v) : 0;
  }
  return {
    logits,
    trust: lastTrust,
    certainty: toCells(pixels.certainty),
    withGround: toCells(pixels.withGround),
    fitsGround: toCells(pixels.fitsGround),
    offGround: pixels.offGround && toCells(pixels.offGround),
  };
}

/** Samples planes of small pixels at the centres of a view's mask cells (bilinear). */
function cellSampler(
  size: { readonly width: number; readonly height: number },
  step: number,
  view: View,
): (plane: Float32Array) => Float32Array {
  const { width, height } = maskSize(view);
  const side = cellSide(view);
  const across = samplePlaces(width, size.width, (x) => (view.x + (x + 0.5) * side) / step - 0.5);
  const down = samplePlaces(height, size.height, (y) => (view.y + (y + 0.5) * side) / step - 0.5);
  return (plane) => {
    const cells = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      const above = (down.first[y] ?? 0) * size.width;
      const below = (down.second[y] ?? 0) * size.width;
      const low = down.weight[y] ?? 0;
      for (let x = 0; x < width; x++) {
        const left = across.first[x] ?? 0;
        const right = across.second[x] ?? 0;
        const share = across.weight[x] ?? 0;
        const top = (plane[above + left] ?? 0) * (1 - share) + (plane[above + right] ?? 0) * share;
        const base = (plane[below + left] ?? 0) * (1 - share) + (plane[below + right] ?? 0) * share;
        cells[y * width + x] = top * (1 - low) + base * low;
      }
    }
    return cells;
  };
}

/** For each sample along one axis the two values it lies between and the weight of the second. */
function samplePlaces(count: number, values: number, place: (at: number) => number) {
  const first = new Int32Array(count);
  const second = new Int32Array(count);
  const weight = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const at = Math.min(Math.max(place(i), 0), values - 1);
    first[i] = Math.floor(at);
    second[i] = Math.min(Math.floor(at) + 1, values - 1);
    weight[i] = at - Math.floor(at);
  }
  return { first, second, weight };
}

/** How well the way back leads on from where the way there ended, 0..1; 0 out of the picture. */
function returnCertainty(flow: Flow, back: Flow): Float32Array {
  const { width, height } = flow;
  return flow.x.map((fx, i) => {
    const fy = flow.y[i] ?? 0;
    const [x, y] = [(i % width) + fx, Math.floor(i / width) + fy];
    if (x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5) return 0;
    const ex = fx + sampleAt(back.x, width, height, x, y);
    const ey = fy + sampleAt(back.y, width, height, x, y);
    return Math.exp(-(ex * ex + ey * ey) / returnError);
  });
}

/** The last mask's logits where each small pixel was then. */
function lastLogits(flow: Flow, mask: MaskGrid, step: number): Float32Array {
  return flow.x.map((fx, i) => {
    const [x, y] = [i % flow.width, Math.floor(i / flow.width)];
    const at = placeIn(mask, (x + fx + 0.5) * step, (y + (flow.y[i] ?? 0) + 0.5) * step);
    if (at.x < 0 || at.y < 0 || at.x > mask.width - 1 || at.y > mask.height - 1) {
      return outsideLogit;
    }
    return mask.logits[Math.round(at.y) * mask.width + Math.round(at.x)] ?? outsideLogit;
  });
}

/** A place in the picture as a cell of the mask; whole numbers are the centres of cells. */
function placeIn({ view }: MaskGrid, x: number, y: number): { x: number; y: number } {
  const side = cellSide(view);
  return { x: (x - view.x) / side - 0.5, y: (y - view.y) / side - 0.5 };
}

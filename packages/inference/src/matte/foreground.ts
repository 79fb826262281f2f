import type { DeepFrame } from '../media/clip.ts';
import { type Matte, opaque } from './alpha.ts';
import { boxSum, createBoxScratch } from './box-sum.ts';
import { boundsOf, growBox, type PixelBox, tilesOf } from './pixel-box.ts';

/** Side in pixels of the blocks of the first, far round. */
const block = 8;
/** Half of the far round's window in blocks: colours are looked for some 70 pixels away. */
const farRadius = 8;
/** Half of the near round's window in pixels. */
const nearRadius = 6;
const tileSide = 48;
/** Weights below this are rounding, not colour. */
const least = 1e-3;

/**
 * The straight colour of the object: the plate with the background's share taken out of the soft
 * edge, so that it can be put over anything. Unchanged where alpha is 65535 and far from the
 * object; beyond the edge the object's colour goes on for 6 pixels, so that filters and lossy
 * codecs that mix neighbours find no rim of the background. Blur fusion, a far and a near round:
 * M. Forte, "Approximate fast foreground colour estimation", ICIP 2021.
 */
export function estimateForeground(plate: DeepFrame, matte: Matte): DeepFrame {
  const { width, height } = plate;
  const rgb = plate.rgb.slice();
  const soft = edgeBounds(matte);
  if (soft === undefined) return { ...plate, rgb };
  const far = farColors(plate, matte, growBox(soft, farRadius * block, width, height));
  for (const tile of tilesOf(growBox(soft, nearRadius, width, height), tileSide)) {
    const around = growBox(tile, nearRadius, width, height);
    if (hasEdge(matte, around)) drawTile(rgb, plate, matte, far, tile, around);
  }
  return { ...plate, rgb };
}

/** Bounds of the soft edge, and of a hard one as well. */
function edgeBounds(matte: Matte): PixelBox | undefined {
  const object = boundsOf(matte.alpha, matte.width, { least: 1, most: opaque });
  const ground = boundsOf(matte.alpha, matte.width, { least: 0, most: opaque - 1 });
  if (object === undefined || ground === undefined) return undefined;
  return growBox(object, 1, matte.width, matte.height);
}

function hasEdge({ alpha, width }: Matte, part: PixelBox): boolean {
  const first = alpha[part.top * width + part.left] ?? 0;
  if (first !== 0 && first !== opaque) return true;
  for (let y = part.top; y < part.bottom; y++) {
    for (let i = y * width + part.left; i < y * width + part.right; i++) {
      if (alpha[i] !== first) return true;
    }
  }
  return false;
}

/** Sums of colour and weight of object (0..3) and background (4..7): red, green, blue, weight. */
type Sums = readonly Float32Array[];

/** Mean colours round each block. */
interface FarColors {
  readonly box: PixelBox;
  readonly width: number;
  readonly sums: Sums;
}

const scratch = createBoxScratch();

function createSums(size: number): Sums {
  return Array.from({ length: 8 }, () => new Float32Array(size));
}

function addTo(sums: Sums, plane: number, i: number, value: number): void {
  const values = sums[plane];
  if (values !== undefined) values[i] = (values[i] ?? 0) + value;
}

function farColors(plate: DeepFrame, matte: Matte, box: PixelBox): FarColors {
  const width = Math.ceil((box.right - box.left) / block);
  const height = Math.ceil((box.bottom - box.top) / block);
  const sums = createSums(width * height);
  for (let y = box.top; y < box.bottom; y++) {
    const row = Math.floor((y - box.top) / block) * width;
    for (let x = box.left; x < box.right; x++) {
      const i = y * plate.width + x;
      const alpha = (matte.alpha[i] ?? 0) / opaque;
      const at = row + Math.floor((x - box.left) / block);
      // One side alone in nearly every pixel: half of the sums need no visit.
      if (alpha > 0) addColor(sums, 0, at, plate.rgb, i, alpha);
      if (alpha < 1) addColor(sums, 4, at, plate.rgb, i, 1 - alpha);
    }
  }
  for (const plane of sums) boxSum(plane, { width, height, radius: farRadius }, scratch);
  return { box, width, sums };
}

function addColor(
  sums: Sums,
  plane: number,
  at: number,
  rgb: Uint16Array,
  pixel: number,
  weight: number,
): void {
  addTo(sums, plane, at, weight * (rgb[3 * pixel] ?? 0));
  addTo(sums, plane + 1, at, weight * (rgb[3 * pixel + 1] ?? 0));
  addTo(sums, plane + 2, at, weight * (rgb[3 * pixel + 2] ?? 0));
  addTo(sums, plane + 3, at, weight);
}

const near = createSums((tileSide + 2 * nearRadius) ** 2);

function drawTile(
  rgb: Uint16Array,
  plate: DeepFrame,
  matte: Matte,
  far: FarColors,
  tile: PixelBox,
  around: PixelBox,
): void {
  sumNearColors(plate, matte, far, around);
  const width = around.right - around.left;
  const estimate = { front: 0, back: 0 };
  for (let y = tile.top; y < tile.bottom; y++) {
    for (let x = tile.left; x < tile.right; x++) {
      const i = y * plate.width + x;
      const value = matte.alpha[i] ?? 0;
      const at = (y - around.top) * width + x - around.left;
      if (value === opaque || (near[3]?.[at] ?? 0) < least) continue;
      for (let c = 0; c < 3; c++) {
        fuse(near, at, c, plate.rgb[3 * i + c] ?? 0, value / opaque, estimate);
        rgb[3 * i + c] = Math.round(estimate.front);
      }
    }
  }
}

/** Sums of the far round's colours in the near round's window at each pixel of a part. */
function sumNearColors(plate: DeepFrame, matte: Matte, far: FarColors, around: PixelBox): void {
  const width = around.right - around.left;
  const height = around.bottom - around.top;
  const estimate = { front: 0, back: 0 };
  for (let y = around.top; y < around.bottom; y++) {
    for (let x = around.left; x < around.right; x++) {
      const i = y * plate.width + x;
      const alpha = (matte.alpha[i] ?? 0) / opaque;
      const at = (y - around.top) * width + x - around.left;
      const point = blockOf(far, x, y);
      for (let c = 0; c < 3; c++) {
        fuse(far.sums, point, c, plate.rgb[3 * i + c] ?? 0, alpha, estimate);
        setAt(near, c, at, alpha * estimate.front);
        setAt(near, 4 + c, at, (1 - alpha) * estimate.back);
      }
      setAt(near, 3, at, alpha);
      setAt(near, 7, at, 1 - alpha);
    }
  }
  for (const plane of near) boxSum(plane, { width, height, radius: nearRadius }, scratch);
}

function setAt(sums: Sums, plane: number, i: number, value: number): void {
  const values = sums[plane];
  if (values !== undefined) values[i] = value;
}

function blockOf({ box, width }: FarColors, x: number, y: number): number {
  return Math.floor((y - box.top) / block) * width + Math.floor((x - box.left) / block);
}

/**
 * One channel of object and background at a pixel: their means round it, the object's corrected by
 * what the two leave unexplained of the pixel itself.
 */
function fuse(
  sums: Sums,
  at: number,
  channel: number,
  seen: number,
  alpha: number,
  estimate: { front: number; back: number },
): void {
  const inside = sums[3]?.[at] ?? 0;
  const outside = sums[7]?.[at] ?? 0;
  const front = inside < least ? seen : (sums[channel]?.[at] ?? 0) / inside;
  const back = outside < least ? seen : (sums[4 + channel]?.[at] ?? 0) / outside;
  const rest = seen - alpha * front - (1 - alpha) * back;
  estimate.front = Math.min(opaque, Math.max(0, front + alpha * rest));
  estimate.back = Math.min(opaque, Math.max(0, back + (1 - alpha) * rest));
}

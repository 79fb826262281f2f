import type { ObjectMask, Region } from '../engine/engine.ts';
import type { Frame } from '../media/clip.ts';
import { emptyMatte, type Matte, opaque } from './alpha.ts';
import { ColorFit } from './color-fit.ts';
import { layEdgeLattice } from './edge-lattice.ts';
import { type EdgeModel, fitEdgeModel } from './edge-model.ts';
import { growBox, type PixelBox, tilesOf } from './pixel-box.ts';

/** Side of the squares the edge is drawn in, in pixels: small enough for the processor's cache. */
const tileSide = 32;
/** Half of the window of the last filter, in pixels: a soft edge is a few pixels wide. */
const polishRadius = 3;
const polishNoise = 1e-4;
/** Contrast given back after the last filter, whose windows soften. */
const polishContrast = 1.3;
/** Share of alpha explained by colour from which the last filter counts in full; flat colours keep
 * the edge as the lattice drew it, which the filter would only blur. */
const polishTrust = 0.3;

/**
 * A soft matte of the plate's size from the engine's grid of logits. The grid only says roughly
 * where the edge is; the plate's colours draw it: alpha is fitted as a linear function of colour
 * round the edge on a lattice of a few points a cell (fast guided filter, He and Sun 2015), then
 * applied to the plate's pixels and filtered once more along the plate's own edges. Only tiles the
 * edge runs through are worked on. 0 outside the mask's region.
 */
export function drawSoftEdge(mask: ObjectMask, plate: Frame): Matte {
  const matte = emptyMatte(plate.width, plate.height);
  const lattice = layEdgeLattice(mask, plate);
  const inside = lattice && intersection(lattice.box, regionPixels(mask.region));
  if (lattice === undefined || inside === undefined) return matte;
  const model = fitEdgeModel(plate, lattice);
  for (const tile of tilesOf(inside, tileSide)) {
    if (hasEdge(model, tile)) drawTile(matte, plate, model, tile, lattice.box);
    else if (offsetAt(model, tile.left, tile.top) >= 0.5) fillTile(matte, tile);
  }
  return matte;
}

/** Pixels whose centres lie in the region. */
function regionPixels(region: Region): PixelBox {
  return {
    left: Math.ceil(region.x - 0.5),
    top: Math.ceil(region.y - 0.5),
    right: Math.ceil(region.x + region.width - 0.5),
    bottom: Math.ceil(region.y + region.height - 0.5),
  };
}

function intersection(a: PixelBox, b: PixelBox): PixelBox | undefined {
  const both = {
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  };
  return both.left < both.right && both.top < both.bottom ? both : undefined;
}

/** Points whose values reach into the tile, one more on each side for the blend between points. */
function hasEdge({ lattice, active }: EdgeModel, tile: PixelBox): boolean {
  const { box, step, width, height } = lattice;
  const left = Math.max(0, Math.floor((tile.left - box.left) / step) - 1);
  const right = Math.min(width - 1, Math.floor((tile.right - 1 - box.left) / step) + 1);
  const top = Math.max(0, Math.floor((tile.top - box.top) / step) - 1);
  const bottom = Math.min(height - 1, Math.floor((tile.bottom - 1 - box.top) / step) + 1);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      if (active[y * width + x] !== 0) return true;
    }
  }
  return false;
}

function offsetAt({ lattice, offset }: EdgeModel, x: number, y: number): number {
  const { box, step, width } = lattice;
  const row = Math.floor((y - box.top) / step);
  return offset[row * width + Math.floor((x - box.left) / step)] ?? 0;
}

function fillTile(matte: Matte, tile: PixelBox): void {
  for (let y = tile.top; y < tile.bottom; y++) {
    matte.alpha.fill(opaque, y * matte.width + tile.left, y * matte.width + tile.right);
  }
}

const polish = new ColorFit();
const largest = (tileSide + 4 * polishRadius) ** 2;
const buffers = {
  red: new Float32Array(largest),
  green: new Float32Array(largest),
  blue: new Float32Array(largest),
  alpha: new Float32Array(largest),
  weight: new Float32Array(largest).fill(1),
};

function drawTile(
  matte: Matte,
  plate: Frame,
  model: EdgeModel,
  tile: PixelBox,
  limits: PixelBox,
): void {
  const around = intersection(growBox(tile, 2 * polishRadius, plate.width, plate.height), limits);
  if (around === undefined) return;
  readTile(plate, around);
  applyModel(model, around);
  const width = around.right - around.left;
  const flat = flatAlpha(width * (around.bottom - around.top));
  if (flat !== undefined) {
    if (flat === 1) fillTile(matte, tile);
    return;
  }
  const line = polish.run({
    window: { width, height: around.bottom - around.top, radius: polishRadius },
    color: [buffers.red, buffers.green, buffers.blue],
    alpha: buffers.alpha,
    weight: buffers.weight,
    epsilon: polishNoise,
  });
  for (let y = tile.top; y < tile.bottom; y++) {
    for (let x = tile.left; x < tile.right; x++) {
      const i = (y - around.top) * width + x - around.left;
      const alpha =
        (line.red[i] ?? 0) * (buffers.red[i] ?? 0) +
        (line.green[i] ?? 0) * (buffers.green[i] ?? 0) +
        (line.blue[i] ?? 0) * (buffers.blue[i] ?? 0) +
        (line.offset[i] ?? 0);
      const sharp = clip((alpha - 0.5) * polishContrast + 0.5);
      const trust = clip((line.explained[i] ?? 0) / polishTrust);
      const drawn = trust * sharp + (1 - trust) * (buffers.alpha[i] ?? 0);
      matte.alpha[y * matte.width + x] = Math.round(opaque * drawn);
    }
  }
}

/** 0 or 1 where the model draws that all over: no edge came out, and there is none to polish. */
function flatAlpha(size: number): 0 | 1 | undefined {
  const first = buffers.alpha[0];
  if (first !== 0 && first !== 1) return undefined;
  for (let i = 1; i < size; i++) if (buffers.alpha[i] !== first) return undefined;
  return first;
}

/** Colours of a part of the plate, 0..1, into the buffers. */
function readTile(plate: Frame, part: PixelBox): void {
  let i = 0;
  for (let y = part.top; y < part.bottom; y++) {
    let at = 3 * (y * plate.width + part.left);
    for (let x = part.left; x < part.right; x++) {
      buffers.red[i] = (plate.rgb[at] ?? 0) / 255;
      buffers.green[i] = (plate.rgb[at + 1] ?? 0) / 255;
      buffers.blue[i] = (plate.rgb[at + 2] ?? 0) / 255;
      at += 3;
      i++;
    }
  }
}

/** Alpha of the part's pixels by the lattice's functions, blended between the four points round. */
function applyModel(model: EdgeModel, part: PixelBox): void {
  const { box, step, width, height } = model.lattice;
  let i = 0;
  for (let y = part.top; y < part.bottom; y++) {
    const down = Math.min(Math.max((y + 0.5 - box.top) / step - 0.5, 0), height - 1);
    const row = Math.floor(down);
    const v = down - row;
    const above = row * width;
    const below = Math.min(row + 1, height - 1) * width;
    for (let x = part.left; x < part.right; x++) {
      const across = Math.min(Math.max((x + 0.5 - box.left) / step - 0.5, 0), width - 1);
      const column = Math.floor(across);
      const next = Math.min(column + 1, width - 1);
      const u = across - column;
      const alpha =
        alphaAt(model, above + column, i) * (1 - u) * (1 - v) +
        alphaAt(model, above + next, i) * u * (1 - v) +
        alphaAt(model, below + column, i) * (1 - u) * v +
        alphaAt(model, below + next, i) * u * v;
      buffers.alpha[i] = clip(alpha);
      i++;
    }
  }
}

function alphaAt(model: EdgeModel, point: number, i: number): number {
  return (
    (model.red[point] ?? 0) * (buffers.red[i] ?? 0) +
    (model.green[point] ?? 0) * (buffers.green[i] ?? 0) +
    (model.blue[point] ?? 0) * (buffers.blue[i] ?? 0) +
    (model.offset[point] ?? 0)
  );
}

function clip(value: number): number {
  return Math.min(1, Math.max(0, value));
}

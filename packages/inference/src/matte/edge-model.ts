import type { Frame } from '../media/clip.ts';
import { ColorFit } from './color-fit.ts';
import type { EdgeLattice } from './edge-lattice.ts';

/** Alpha at each point of a lattice as a function of the plate's colour there, 0..1 each. */
export interface EdgeModel {
  readonly lattice: EdgeLattice;
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  readonly offset: Float32Array;
  /** 1 where the edge may lie; elsewhere alpha is the offset alone, 0 or 1. */
  readonly active: Uint8Array;
}

/** How alpha is told from colour. Lengths are in cells of the engine's grid. */
export interface EdgeSettings {
  /** Width of the soft edge where colour says nothing. */
  readonly softness: number;
  /** The most that width may be, in pixels: a coarse grid makes no edge out of focus. */
  readonly softest: number;
  /** Pixels nearer to the engine's edge than this count less in the fit: they may be wrong. */
  readonly doubt: number;
  /** Half of the window that colours are compared in. */
  readonly window: number;
  /** How far from the engine's edge alpha may be anything but 0 or 1. */
  readonly reach: number;
  /** Alpha that one cell of depth is worth beside colour. */
  readonly pull: number;
  /** Shares of alpha explained by colour between which colour takes over from depth. */
  readonly trust: readonly [number, number];
  /** Variance of colour, 0..1 a channel, that is noise. */
  readonly noise: number;
}

/** Found on real tracks of the lite engine and on made masks, `bench/edge.bench.ts`. */
export const edgeSettings: EdgeSettings = {
  softness: 1.2,
  softest: 4,
  doubt: 2,
  window: 4,
  reach: 3.5,
  pull: 0.1,
  trust: [0.1, 0.6],
  noise: 1e-4,
};

const fit = new ColorFit();

/**
 * Learns, round every point, which colours are object and which are not from the pixels well
 * inside and well outside the engine's edge, and lets colour draw the edge between them. Where
 * colour does not tell the two apart the engine's own edge stands.
 */
export function fitEdgeModel(
  plate: Frame,
  lattice: EdgeLattice,
  settings: EdgeSettings = edgeSettings,
): EdgeModel {
  const { width, height, depth, step, cell } = lattice;
  const size = width * height;
  const alpha = new Float32Array(size);
  const weight = new Float32Array(size);
  const softness = Math.min(settings.softness, settings.softest / cell);
  for (let i = 0; i < size; i++) {
    const cells = depth[i] ?? 0;
    alpha[i] = clip(0.5 + cells / softness, 0, 1);
    const sure = Math.min(1, Math.abs(cells) / settings.doubt);
    weight[i] = 0.02 + sure * sure;
  }
  const radius = Math.max(2, Math.round((settings.window * cell) / step));
  const window = { width, height, radius };
  const color = latticeColor(plate, lattice);
  const line = fit.run({ window, color, alpha, weight, epsilon: settings.noise });
  const [red, green, blue] = color;
  const model = { lattice, red, green, blue, offset: weight, active: new Uint8Array(size) };
  const [from, to] = settings.trust;
  for (let i = 0; i < size; i++) {
    const cells = depth[i] ?? 0;
    const isActive = Math.abs(cells) < settings.reach;
    const trust = isActive ? clip(((line.explained[i] ?? 0) - from) / (to - from), 0, 1) : 0;
    model.active[i] = isActive ? 1 : 0;
    red[i] = trust * (line.red[i] ?? 0);
    green[i] = trust * (line.green[i] ?? 0);
    blue[i] = trust * (line.blue[i] ?? 0);
    const pulled = (line.offset[i] ?? 0) + pullOf(cells, settings);
    model.offset[i] = trust * pulled + (1 - trust) * (alpha[i] ?? 0);
  }
  return model;
}

/** Gentle near the engine's edge, and past any doubt at the end of the reach. */
function pullOf(cells: number, { pull, doubt, reach }: EdgeSettings): number {
  const beyond = clip((Math.abs(cells) - doubt) / (reach - doubt), 0, 1);
  return Math.sign(cells) * (pull * Math.min(Math.abs(cells), doubt) + beyond);
}

/** Mean colour of the pixels each point stands for, 0..1. */
function latticeColor(
  plate: Frame,
  { box, step, width, height }: EdgeLattice,
): [Float32Array, Float32Array, Float32Array] {
  const size = width * height;
  const red = new Float32Array(size);
  const green = new Float32Array(size);
  const blue = new Float32Array(size);
  for (let y = box.top; y < box.bottom; y++) {
    const row = Math.floor((y - box.top) / step) * width;
    const rows = Math.min(step, box.bottom - y + ((y - box.top) % step));
    let at = 3 * (y * plate.width + box.left);
    for (let x = 0; x < width; x++) {
      const left = box.left + x * step;
      const right = Math.min(left + step, box.right);
      const share = 1 / (255 * rows * (right - left));
      let [r, g, b] = [0, 0, 0];
      for (let pixel = left; pixel < right; pixel++) {
        r += plate.rgb[at] ?? 0;
        g += plate.rgb[at + 1] ?? 0;
        b += plate.rgb[at + 2] ?? 0;
        at += 3;
      }
      red[row + x] = (red[row + x] ?? 0) + r * share;
      green[row + x] = (green[row + x] ?? 0) + g * share;
      blue[row + x] = (blue[row + x] ?? 0) + b * share;
    }
  }
  return [red, green, blue];
}

function clip(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

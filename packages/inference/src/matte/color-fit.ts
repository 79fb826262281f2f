import { type BoxScratch, type BoxWindow, boxSum, createBoxScratch } from './box-sum.ts';

/** What a fit takes, all planes of one size. */
export interface FitInput {
  readonly window: BoxWindow;
  /** Red, green and blue, 0..1. */
  readonly color: readonly [Float32Array, Float32Array, Float32Array];
  /** The alpha to explain, 0..1. */
  readonly alpha: Float32Array;
  /** How far each pixel is to be believed, above 0. */
  readonly weight: Float32Array;
  /** Added to the variance of colour: what is below it is noise. */
  readonly epsilon: number;
}

/** Alpha as a linear function of colour, by pixel: `red*r + green*g + blue*b + offset`. */
export interface LinearColor {
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  readonly offset: Float32Array;
  /** Share of alpha's variance that colour explains, 0..1. */
  readonly explained: Float32Array;
}

/**
 * Fits alpha by a linear function of colour in a window round every pixel, weighted, and averages
 * the functions of all windows a pixel lies in: the guided filter's model (He, Sun and Tang,
 * "Guided image filtering", PAMI 2013). Buffers are kept between runs; a result lasts until the
 * next run.
 */
export class ColorFit {
  #moments = createMoments(0);
  #model = createModel(0);
  readonly #scratch: BoxScratch = createBoxScratch();

  run(input: FitInput): LinearColor {
    const { window } = input;
    const size = window.width * window.height;
    if (this.#model.offset.length < size) {
      this.#moments = createMoments(size);
      this.#model = createModel(size);
    }
    fillMoments(this.#moments, input, size);
    for (const plane of Object.values(this.#moments)) boxSum(plane, window, this.#scratch);
    solve(this.#moments, this.#model, input.epsilon, size);
    // The weights' sums are used up; their plane now counts the pixels of each window.
    const count = this.#moments.w.fill(1, 0, size);
    boxSum(count, window, this.#scratch);
    for (const plane of Object.values(this.#model)) {
      boxSum(plane, window, this.#scratch);
      divide(plane, count, size);
    }
    return this.#model;
  }
}

function divide(plane: Float32Array, by: Float32Array, size: number): void {
  for (let i = 0; i < size; i++) plane[i] = (plane[i] ?? 0) / (by[i] ?? 1);
}

/** Weighted sums of the products of colour (r, g, b) and alpha (a). */
interface Moments {
  readonly w: Float32Array;
  readonly r: Float32Array;
  readonly g: Float32Array;
  readonly b: Float32Array;
  readonly a: Float32Array;
  readonly aa: Float32Array;
  readonly ra: Float32Array;
  readonly ga: Float32Array;
  readonly ba: Float32Array;
  readonly rr: Float32Array;
  readonly rg: Float32Array;
  readonly rb: Float32Array;
  readonly gg: Float32Array;
  readonly gb: Float32Array;
  readonly bb: Float32Array;
}

function createMoments(size: number): Moments {
  const plane = () => new Float32Array(size);
  return {
    w: plane(),
    r: plane(),
    g: plane(),
    b: plane(),
    a: plane(),
    aa: plane(),
    ra: plane(),
    ga: plane(),
    ba: plane(),
    rr: plane(),
    rg: plane(),
    rb: plane(),
    gg: plane(),
    gb: plane(),
    bb: plane(),
  };
}

function createModel(size: number): LinearColor {
  const plane = () => new Float32Array(size);
  return { red: plane(), green: plane(), blue: plane(), offset: plane(), explained: plane() };
}

function fillMoments(moments: Moments, { color, alpha, weight }: FitInput, size: number): void {
  for (let i = 0; i < size; i++) {
    const w = weight[i] ?? 0;
    const a = alpha[i] ?? 0;
    const r = color[0][i] ?? 0;
    const g = color[1][i] ?? 0;
    const b = color[2][i] ?? 0;
    moments.w[i] = w;
    moments.a[i] = w * a;
    moments.aa[i] = w * a * a;
    moments.r[i] = w * r;
    moments.g[i] = w * g;
    moments.b[i] = w * b;
    moments.ra[i] = w * r * a;
    moments.ga[i] = w * g * a;
    moments.ba[i] = w * b * a;
    moments.rr[i] = w * r * r;
    moments.rg[i] = w * r * g;
    moments.rb[i] = w * r * b;
    moments.gg[i] = w * g * g;
    moments.gb[i] = w * g * b;
    moments.bb[i] = w * b * b;
  }
}

/** Alpha's variance below which there is nothing to explain. */
const flat = 1e-4;

/** Ridge regression of each window: the inverse of the 3x3 covariance by its cofactors. */
function solve(moments: Moments, model: LinearColor, epsilon: number, size: number): void {
  for (let i = 0; i < size; i++) {
    const scale = 1 / Math.max(moments.w[i] ?? 0, 1e-6);
    const a = (moments.a[i] ?? 0) * scale;
    const variance = (moments.aa[i] ?? 0) * scale - a * a;
    if (variance < flat) {
      model.red[i] = 0;
      model.green[i] = 0;
      model.blue[i] = 0;
      model.offset[i] = a;
      model.explained[i] = 0;
      continue;
    }
    const r = (moments.r[i] ?? 0) * scale;
    const g = (moments.g[i] ?? 0) * scale;
    const b = (moments.b[i] ?? 0) * scale;
    const rr = (moments.rr[i] ?? 0) * scale - r * r + epsilon;
    const rg = (moments.rg[i] ?? 0) * scale - r * g;
    const rb = (moments.rb[i] ?? 0) * scale - r * b;
    const gg = (moments.gg[i] ?? 0) * scale - g * g + epsilon;
    const gb = (moments.gb[i] ?? 0) * scale - g * b;
    const bb = (moments.bb[i] ?? 0) * scale - b * b + epsilon;
    const ra = (moments.ra[i] ?? 0) * scale - r * a;
    const ga = (moments.ga[i] ?? 0) * scale - g * a;
    const ba = (moments.ba[i] ?? 0) * scale - b * a;
    const c00 = gg * bb - gb * gb;
    const c01 = rb * gb - rg * bb;
    const c02 = rg * gb - rb * gg;
    const inverse = 1 / (rr * c00 + rg * c01 + rb * c02);
    const red = (c00 * ra + c01 * ga + c02 * ba) * inverse;
    const green = (c01 * ra + (rr * bb - rb * rb) * ga + (rg * rb - rr * gb) * ba) * inverse;
    const blue = (c02 * ra + (rg * rb - rr * gb) * ga + (rr * gg - rg * rg) * ba) * inverse;
    model.red[i] = red;
    model.green[i] = green;
    model.blue[i] = blue;
    model.offset[i] = a - red * r - green * g - blue * b;
    model.explained[i] = Math.min(1, Math.max(0, (red * ra + green * ga + blue * ba) / variance));
  }
}

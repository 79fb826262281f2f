/** A grey picture, 0..255, row by row. */
export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** For each pixel of one picture, how far off its place in another lies, in pixels. */
export interface Flow {
  readonly width: number;
  readonly height: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/**
 * A picture as a quadratic at every pixel, at one size of a pyramid: planes of b_x, b_y, A_xx, A_yy
 * and A_xy of f(p) = p'Ap + b'p + c round the pixel.
 */
interface Expansion {
  readonly width: number;
  readonly height: number;
  readonly planes: readonly [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
}

/** The quadratics of a picture at all sizes, the largest first. */
export type ExpandedPicture = readonly Expansion[];

/** Of the Gaussian that weighs the pixels a quadratic is fitted to. */
const radius = 3;
const deviation = 1.5;
/** Pictures are halved until they are less than twice this. */
const smallestSide = 12;
/** Rounds at each size. */
const rounds = 3;
/** Of the square window whose pixels share one motion. */
const windowRadius = 5;
/** Keeps flat parts, where nothing tells the motion, at the motion they had before. */
const damping = 1e-3;

/** Weights of the fit along one axis: a Gaussian, and it times x and times x squared. */
const kernels = fitKernels();

function fitKernels() {
  const gauss = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * deviation ** 2)),
  );
  const sum = gauss.reduce((total, value) => total + value, 0);
  const weights = gauss.map((value) => value / sum);
  const moment = (power: number) =>
    weights.reduce((total, weight, i) => total + weight * (i - radius) ** power, 0);
  return { weights, second: moment(2), fourth: moment(4) };
}

/**
 * Fits the quadratics that {@link opticalFlow} compares.
 * Source: Farnebäck, Two-frame motion estimation based on polynomial expansion, 2003.
 */
export function expandPicture(picture: GreyPicture): ExpandedPicture {
  const levels: Expansion[] = [];
  for (let level = picture; ; level = halved(level)) {
    levels.push(expand(level));
    if (Math.min(level.width, level.height) < 2 * smallestSide) return levels;
  }
}

function expand(picture: GreyPicture): Expansion {
  const { width, height } = picture;
  const plane = () => new Float32Array(width * height);
  const planes = [plane(), plane(), plane(), plane(), plane()] as const;
  const columns = columnMoments(picture);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) expandPixel(columns, planes, width, x, y);
  }
  return { width, height, planes };
}

type Moments = readonly [Float32Array, Float32Array, Float32Array];

/** Weighted sums along each column: of the grey, of it times y, and of it times y squared. */
function columnMoments({ width, height, data }: GreyPicture): Moments {
  const plane = () => new Float32Array(width * height);
  const [m, my, myy] = [plane(), plane(), plane()];
  for (let y = 0; y < height; y++) {
    for (let k = -radius; k <= radius; k++) {
      const from = Math.min(Math.max(y + k, 0), height - 1) * width;
      const weight = kernels.weights[k + radius] ?? 0;
      for (let x = 0; x < width; x++) {
        const at = y * width + x;
        const value = weight * (data[from + x] ?? 0);
        m[at] = (m[at] ?? 0) + value;
        my[at] = (my[at] ?? 0) + value * k;
        myy[at] = (myy[at] ?? 0) + value * k * k;
      }
    }
  }
  return [m, my, myy];
}

function expandPixel(
  [m0, m1, m2]: Moments,
  [bx, by, axx, ayy, axy]: Expansion['planes'],
  width: number,
  x: number,
  y: number,
): void {
  const { weights, second, fourth } = kernels;
  let [m, mx, mxx, my, mxy, myy] = [0, 0, 0, 0, 0, 0];
  for (let k = -radius; k <= radius; k++) {
    const from = y * width + Math.min(Math.max(x + k, 0), width - 1);
    const weight = weights[k + radius] ?? 0;
    const value = weight * (m0[from] ?? 0);
    const slope = weight * (m1[from] ?? 0);
    m += value;
    mx += value * k;
    mxx += value * k * k;
    my += slope;
    mxy += slope * k;
    myy += weight * (m2[from] ?? 0);
  }
  const at = y * width + x;
  const spread = 1 / (fourth - second * second);
  bx[at] = mx / second;
  by[at] = my / second;
  axx[at] = (mxx - second * m) * spread;
  ayy[at] = (myy - second * m) * spread;
  axy[at] = mxy / (2 * second * second);
}

/** Half the size each way, smoothed by 1 4 6 4 1. */
function halved({ width, height, data }: GreyPicture): GreyPicture {
  const taps = [1, 4, 6, 4, 1] as const;
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const rows = new Float32Array(width * h);
  for (let y = 0; y < h; y++) {
    for (const [k, weight] of taps.entries()) {
      const from = Math.min(Math.max(2 * y + k - 2, 0), height - 1) * width;
      for (let x = 0; x < width; x++) {
        rows[y * width + x] = (rows[y * width + x] ?? 0) + (weight / 16) * (data[from + x] ?? 0);
      }
    }
  }
  const out = new Float32Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (const [k, weight] of taps.entries()) {
        const column = Math.min(Math.max(2 * x + k - 2, 0), width - 1);
        sum += (weight / 16) * (rows[y * width + column] ?? 0);
      }
      out[y * w + x] = sum;
    }
  }
  return { width: w, height: h, data: out };
}

/** Where every pixel of `from` lies in `to`, coarse to fine. */
export function opticalFlow(from: ExpandedPicture, to: ExpandedPicture): Flow {
  let flow: Flow | undefined;
  const sums = roomForSums(from[0] ?? { width: 0, height: 0 });
  for (let level = from.length - 1; level >= 0; level--) {
    const [a, b] = [from[level], to[level]];
    if (a === undefined || b === undefined) continue;
    flow = flow === undefined ? noFlow(a) : doubled(flow, a);
    for (let round = 0; round < rounds; round++) {
      flow = refined(flow, a, b, sums);
    }
  }
  return flow ?? { width: 0, height: 0, x: new Float32Array(0), y: new Float32Array(0) };
}

function noFlow({ width, height }: Expansion): Flow {
  const cells = width * height;
  return { width, height, x: new Float32Array(cells), y: new Float32Array(cells) };
}

/** The flow of a level brought to the next larger one. */
function doubled(flow: Flow, { width, height }: Expansion): Flow {
  const enlarge = (plane: Float32Array): Float32Array => {
    const large = new Float32Array(width * height);
    for (let i = 0; i < large.length; i++) {
      const [x, y] = [i % width, Math.floor(i / width)];
      large[i] = 2 * sampleAt(plane, flow.width, flow.height, x / 2, y / 2);
    }
    return large;
  };
  return { width, height, x: enlarge(flow.x), y: enlarge(flow.y) };
}

/** Bilinear sample of a plane; the nearest pixel's value beyond its edge. */
export function sampleAt(
  plane: Float32Array,
  width: number,
  height: number,
  x: number,
  y: number,
): number {
  const u = Math.min(Math.max(x, 0), width - 1);
  const v = Math.min(Math.max(y, 0), height - 1);
  const left = Math.min(Math.floor(u), Math.max(0, width - 2));
  const top = Math.min(Math.floor(v), Math.max(0, height - 2));
  const [right, down] = [u - left, v - top];
  const at = top * width + left;
  const nextX = width > 1 ? 1 : 0;
  const nextY = height > 1 ? width : 0;
  const above = (plane[at] ?? 0) * (1 - right) + (plane[at + nextX] ?? 0) * right;
  const below = (plane[at + nextY] ?? 0) * (1 - right) + (plane[at + nextY + nextX] ?? 0) * right;
  return above * (1 - down) + below * down;
}

/** One round: each window's motion that explains best how its quadratics differ. */
function refined(flow: Flow, from: Expansion, to: Expansion, sums: Sums): Flow {
  const { width, height } = from;
  sumMotion(flow, from, to, sums);
  for (const plane of sums.planes) meanOverWindow(plane, sums, width, height);
  const [gxx, gxy, gyy, hx, hy] = sums.planes;
  const next = noFlow(from);
  for (let i = 0; i < next.x.length; i++) {
    const a = (gxx[i] ?? 0) + damping;
    const b = gxy[i] ?? 0;
    const c = (gyy[i] ?? 0) + damping;
    const u = (hx[i] ?? 0) + damping * (flow.x[i] ?? 0);
    const v = (hy[i] ?? 0) + damping * (flow.y[i] ?? 0);
    const scale = 1 / (a * c - b * b);
    next.x[i] = (c * u - b * v) * scale;
    next.y[i] = (a * v - b * u) * scale;
  }
  return next;
}

/** Room for what a round sums up, used again by every round at every size. */
interface Sums {
  readonly planes: Expansion['planes'];
  /** A plane in between. */
  readonly between: Float32Array;
  /** One sum for each column. */
  readonly columns: Float64Array;
}

function roomForSums({ width, height }: { width: number; height: number }): Sums {
  const plane = () => new Float32Array(width * height);
  return {
    planes: [plane(), plane(), plane(), plane(), plane()],
    between: plane(),
    columns: new Float64Array(width),
  };
}

/** Of each pixel A'A (three numbers) and A'db (two), 0 where the motion leads out of the picture. */
function sumMotion(flow: Flow, from: Expansion, to: Expansion, sums: Sums): void {
  const { width, height } = from;
  const [gxx, gxy, gyy, hx, hy] = sums.planes;
  const [bx1, by1, axx1, ayy1, axy1] = from.planes;
  const [bx2, by2, axx2, ayy2, axy2] = to.planes;
  for (const plane of sums.planes) plane.fill(0, 0, width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const dx = flow.x[i] ?? 0;
      const dy = flow.y[i] ?? 0;
      const [u, v] = [x + dx, y + dy];
      if (u < 0 || v < 0 || u > width - 1 || v > height - 1) continue;
      const left = Math.min(Math.floor(u), width - 2);
      const top = Math.min(Math.floor(v), height - 2);
      const at = top * width + left;
      const [r, d] = [u - left, v - top];
      const axx = ((axx1[i] ?? 0) + between4(axx2, at, width, r, d)) / 2;
      const ayy = ((ayy1[i] ?? 0) + between4(ayy2, at, width, r, d)) / 2;
      const axy = ((axy1[i] ?? 0) + between4(axy2, at, width, r, d)) / 2;
      const bx = ((bx1[i] ?? 0) - between4(bx2, at, width, r, d)) / 2 + axx * dx + axy * dy;
      const by = ((by1[i] ?? 0) - between4(by2, at, width, r, d)) / 2 + axy * dx + ayy * dy;
      gxx[i] = axx * axx + axy * axy;
      gxy[i] = axy * (axx + ayy);
      gyy[i] = ayy * ayy + axy * axy;
      hx[i] = axx * bx + axy * by;
      hy[i] = axy * bx + ayy * by;
    }
  }
}

/** Bilinear between the pixel `at` and its neighbours `right` and `down` of it, both 0..1. */
function between4(
  plane: Float32Array,
  at: number,
  width: number,
  right: number,
  down: number,
): number {
  return (
    (1 - right) * (1 - down) * (plane[at] ?? 0) +
    right * (1 - down) * (plane[at + 1] ?? 0) +
    (1 - right) * down * (plane[at + width] ?? 0) +
    right * down * (plane[at + width + 1] ?? 0)
  );
}

/** Replaces each value by the mean over a square window, by running sums. */
function meanOverWindow(
  plane: Float32Array,
  { between, columns }: Sums,
  width: number,
  height: number,
): void {
  const share = 1 / (2 * windowRadius + 1);
  for (let start = 0; start < width * height; start += width) {
    const end = start + width - 1;
    let sum = 0;
    for (let k = -windowRadius; k <= windowRadius; k++) {
      sum += plane[Math.min(Math.max(start + k, start), end)] ?? 0;
    }
    for (let at = start; at <= end; at++) {
      between[at] = sum * share;
      sum += plane[Math.min(at + windowRadius + 1, end)] ?? 0;
      sum -= plane[Math.max(at - windowRadius, start)] ?? 0;
    }
  }
  const row = (y: number) => Math.min(Math.max(y, 0), height - 1) * width;
  columns.fill(0);
  for (let k = -windowRadius; k <= windowRadius; k++) {
    const from = row(k);
    for (let x = 0; x < width; x++) columns[x] = (columns[x] ?? 0) + (between[from + x] ?? 0);
  }
  for (let y = 0; y < height; y++) {
    const [start, coming, going] = [y * width, row(y + windowRadius + 1), row(y - windowRadius)];
    for (let x = 0; x < width; x++) {
      const sum = columns[x] ?? 0;
      plane[start + x] = sum * share;
      columns[x] = sum + (between[coming + x] ?? 0) - (between[going + x] ?? 0);
    }
  }
}

import type { Flow } from './optical-flow.ts';

/**
 * A motion of the whole picture: how far off a pixel's place lies, as a linear function of (across,
 * down, 1), both from -.5 to .5 over the picture.
 */
export interface AffineMotion {
  readonly x: readonly [number, number, number];
  readonly y: readonly [number, number, number];
  /** Pixels it was fitted to. */
  readonly fitted: number;
}

const rounds = 6;
const leastPixels = 12;
/** Squared distance in pixels at which a pixel's say is down to a half. */
const tolerance = 0.05;

/** Where a motion takes the pixel (x, y) of a picture. */
export function motionAt(
  { x: across, y: down }: AffineMotion,
  size: { readonly width: number; readonly height: number },
  x: number,
  y: number,
): { x: number; y: number } {
  const u = x / size.width - 0.5;
  const v = y / size.height - 0.5;
  return {
    x: across[0] * u + across[1] * v + across[2],
    y: down[0] * u + down[1] * v + down[2],
  };
}

/**
 * The motion most of the pixels `counts` names have in common: least squares, in rounds in which
 * pixels that move otherwise lose their say. Undefined for fewer than 12 pixels.
 */
export function fitAffineMotion(
  flow: Flow,
  counts: (pixel: number) => boolean,
): AffineMotion | undefined {
  const pixels: number[] = [];
  for (let y = 0; y < flow.height; y++) {
    // Every other pixel, as on a chessboard: neighbours say the same.
    for (let x = y % 2; x < flow.width; x += 2) {
      if (counts(y * flow.width + x)) pixels.push(y * flow.width + x);
    }
  }
  if (pixels.length < leastPixels) return undefined;
  let motion: AffineMotion | undefined;
  for (let round = 0; round < rounds; round++) motion = fitRound(flow, pixels, motion);
  return motion;
}

function fitRound(
  flow: Flow,
  pixels: readonly number[],
  before: AffineMotion | undefined,
): AffineMotion {
  // Sums of the normal equations: products of (u, v, 1), and of these with the flow.
  let [uu, uv, u1, vv, v1, one] = [0, 0, 0, 0, 0, 0];
  const rx: [number, number, number] = [0, 0, 0];
  const ry: [number, number, number] = [0, 0, 0];
  for (const i of pixels) {
    const [column, row] = [i % flow.width, Math.floor(i / flow.width)];
    const [u, v] = [column / flow.width - 0.5, row / flow.height - 0.5];
    const [fx, fy] = [flow.x[i] ?? 0, flow.y[i] ?? 0];
    let weight = 1;
    if (before !== undefined) {
      const at = motionAt(before, flow, column, row);
      weight = 1 / (tolerance + (fx - at.x) ** 2 + (fy - at.y) ** 2);
    }
    uu += weight * u * u;
    uv += weight * u * v;
    u1 += weight * u;
    vv += weight * v * v;
    v1 += weight * v;
    one += weight;
    addTo(rx, weight * fx, u, v);
    addTo(ry, weight * fy, u, v);
  }
  const small = 1e-3;
  const solve = symmetricSolver(uu + small, uv, u1, vv + small, v1, one + small);
  return { x: solve(rx), y: solve(ry), fitted: pixels.length };
}

function addTo(sums: [number, number, number], value: number, u: number, v: number): void {
  sums[0] += value * u;
  sums[1] += value * v;
  sums[2] += value;
}

/** Solves the symmetric system [a b c; b d e; c e f] by its adjugate. */
function symmetricSolver(a: number, b: number, c: number, d: number, e: number, f: number) {
  const [m00, m01, m02] = [d * f - e * e, c * e - b * f, b * e - c * d];
  const [m11, m12, m22] = [a * f - c * c, b * c - a * e, a * d - b * b];
  const scale = 1 / (a * m00 + b * m01 + c * m02);
  return ([x, y, z]: readonly [number, number, number]): [number, number, number] => [
    scale * (m00 * x + m01 * y + m02 * z),
    scale * (m01 * x + m11 * y + m12 * z),
    scale * (m02 * x + m12 * y + m22 * z),
  ];
}

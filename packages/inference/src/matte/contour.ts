import { half } from './alpha.ts';

/** A picture of 16-bit coverage; beyond its borders it goes on as at them. */
export interface Coverage {
  readonly values: Uint16Array;
  readonly width: number;
  readonly height: number;
}

/** Where the contour of a half lies, seen from one pixel. */
export interface ContourPoint {
  /** Distance to the contour in pixels: positive inside. */
  depth: number;
  /** Unit vector out of the object, along the shortest way to or from the contour. */
  outX: number;
  outY: number;
  /** Coverage of the first pixel outside, and its fall per pixel across the contour. */
  outer: number;
  slope: number;
}

export function coverageAt({ values, width, height }: Coverage, x: number, y: number): number {
  const column = Math.min(Math.max(x, 0), width - 1);
  const row = Math.min(Math.max(y, 0), height - 1);
  return values[row * width + column] ?? 0;
}

/** Inner pixels with an outer one beside them: the contour runs between the two. */
export function contourSites({ values, width, height }: Coverage): Uint8Array {
  const sites = new Uint8Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if ((values[i] ?? 0) < half) continue;
      const isEdge =
        (x > 0 && (values[i - 1] ?? 0) < half) ||
        (x < width - 1 && (values[i + 1] ?? 0) < half) ||
        (y > 0 && (values[i - width] ?? 0) < half) ||
        (y < height - 1 && (values[i + width] ?? 0) < half);
      if (isEdge) sites[i] = 1;
    }
  }
  return sites;
}

/** Foot points farther than this along the contour's tangent are round a corner, in pixels. */
const straight = 2.5;

/** Finds the contour near a site as seen from the pixel (x, y), to a part of a pixel. */
export function seeContour(
  coverage: Coverage,
  site: number,
  x: number,
  y: number,
  point: ContourPoint,
): void {
  const siteX = site % coverage.width;
  const siteY = (site - siteX) / coverage.width;
  const inner = coverageAt(coverage, siteX, siteY);
  let nearest = Infinity;
  let toX = 0;
  let toY = 0;
  for (let side = 0; side < 4; side++) {
    const dx = side === 0 ? -1 : side === 1 ? 1 : 0;
    const dy = side === 2 ? -1 : side === 3 ? 1 : 0;
    const outer = coverageAt(coverage, siteX + dx, siteY + dy);
    if (outer >= half) continue;
    const share = (inner - (half - 0.5)) / (inner - outer);
    const crossX = siteX + dx * share - x;
    const crossY = siteY + dy * share - y;
    const distance = crossX * crossX + crossY * crossY;
    if (distance >= nearest) continue;
    nearest = distance;
    toX = crossX;
    toY = crossY;
    point.outer = outer;
    point.slope = inner - outer;
  }
  const sign = coverageAt(coverage, x, y) >= half ? 1 : -1;
  aim(coverage, siteX, siteY, toX, toY, sign, point);
}

/**
 * The way out from a pixel that lies (toX, toY) from a crossing of the contour: square to the
 * contour where it runs straight, else through the crossing, as at a corner.
 */
function aim(
  coverage: Coverage,
  siteX: number,
  siteY: number,
  toX: number,
  toY: number,
  sign: number,
  point: ContourPoint,
): void {
  const far = Math.sqrt(toX * toX + toY * toY);
  const fallX = fallAlongX(coverage, siteX, siteY);
  const fallY = fallAlongY(coverage, siteX, siteY);
  const fall = Math.sqrt(fallX * fallX + fallY * fallY);
  if (fall > 0) {
    const outX = fallX / fall;
    const outY = fallY / fall;
    const depth = toX * outX + toY * outY;
    const aside = Math.abs(toX * outY - toY * outX);
    if (aside <= straight && depth * sign >= -0.5) {
      point.depth = depth;
      point.outX = outX;
      point.outY = outY;
      return;
    }
  }
  point.depth = sign * far;
  point.outX = far > 0 ? (sign * toX) / far : 1;
  point.outY = far > 0 ? (sign * toY) / far : 0;
}

/** Sobel's slope, positive where the coverage falls to the right. */
function fallAlongX(coverage: Coverage, x: number, y: number): number {
  let fall = 0;
  for (let dy = -1; dy <= 1; dy++) {
    const weight = dy === 0 ? 2 : 1;
    const before = coverageAt(coverage, x - 1, y + dy);
    fall += weight * (before - coverageAt(coverage, x + 1, y + dy));
  }
  return fall;
}

function fallAlongY(coverage: Coverage, x: number, y: number): number {
  let fall = 0;
  for (let dx = -1; dx <= 1; dx++) {
    const weight = dx === 0 ? 2 : 1;
    const before = coverageAt(coverage, x + dx, y - 1);
    fall += weight * (before - coverageAt(coverage, x + dx, y + 1));
  }
  return fall;
}

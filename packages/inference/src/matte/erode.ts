import { half, opaque } from './alpha.ts';
import {
  type ContourPoint,
  type Coverage,
  contourSites,
  coverageAt,
  seeContour,
} from './contour.ts';
import { nearestSites } from './distance-transform.ts';
import { boundsOf, cutOut, growBox, type PixelBox } from './pixel-box.ts';

/**
 * Moves the edge of 16-bit coverage inwards by `distance` pixels (above 0): every pixel takes the
 * least value met on the way out, `distance` far along the normal of the edge nearest to it. The
 * edge is the contour of a half, to a part of a pixel; coverage without one stays as it is.
 */
export function erode(values: Uint16Array, width: number, distance: number): Uint16Array {
  const out = values.slice();
  const box = changedBox(values, width, distance);
  if (box === undefined) return out;
  const part = {
    values: cutOut(values, width, box),
    width: box.right - box.left,
    height: box.bottom - box.top,
  };
  const nearest = nearestSites(contourSites(part), part.width);
  if ((nearest[0] ?? -1) < 0) return out;
  const point = { depth: 0, outX: 0, outY: 0, outer: 0, slope: 0 };
  for (let y = 0; y < part.height; y++) {
    for (let x = 0; x < part.width; x++) {
      const i = y * part.width + x;
      const value = part.values[i] ?? 0;
      if (value === 0) continue;
      seeContour(part, nearest[i] ?? 0, x, y, point);
      const least = Math.min(value, shiftedEdge(point, distance));
      const found = least === 0 ? 0 : leastOutwards(part, x, y, point, distance, least);
      out[(box.top + y) * width + box.left + x] = Math.round(found);
    }
  }
  return out;
}

/** Only what is not empty and lies near something not full can change. */
function changedBox(values: Uint16Array, width: number, distance: number): PixelBox | undefined {
  const height = Math.floor(values.length / width);
  const object = boundsOf(values, width, { least: 1, most: opaque });
  const ground = boundsOf(values, width, { least: 0, most: opaque - 1 });
  if (object === undefined || ground === undefined) return undefined;
  const near = growBox(ground, Math.ceil(distance) + 2, width, height);
  const around = growBox(object, 1, width, height);
  return {
    left: Math.max(near.left, around.left),
    top: Math.max(near.top, around.top),
    right: Math.min(near.right, around.right),
    bottom: Math.min(near.bottom, around.bottom),
  };
}

/**
 * The most a pixel beyond the moved contour may keep: the edge's fall, moved, down to the first
 * value outside. Without it shapes thinner than a step of the way out would slip through.
 */
function shiftedEdge({ depth, outer, slope }: ContourPoint, distance: number): number {
  const beyond = distance - depth;
  return beyond <= 0 ? opaque : Math.max(outer, half - slope * beyond);
}

/**
 * The least value on the way out. Past the contour every pixel counts, since the way may lead
 * through a gap into the next limb of the object; on this side of it the coverage only falls.
 */
function leastOutwards(
  part: Coverage,
  x: number,
  y: number,
  point: ContourPoint,
  distance: number,
  most: number,
): number {
  const stop = Math.min(distance, Math.max(0, point.depth));
  let least = most;
  for (let way = distance; way >= stop && least > 0; way--) {
    least = Math.min(least, sample(part, x + point.outX * way, y + point.outY * way));
  }
  return least;
}

function sample(part: Coverage, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const u = x - left;
  const v = y - top;
  const above = coverageAt(part, left, top) * (1 - u) + coverageAt(part, left + 1, top) * u;
  const below = coverageAt(part, left, top + 1) * (1 - u) + coverageAt(part, left + 1, top + 1) * u;
  return above * (1 - v) + below * v;
}

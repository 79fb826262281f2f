import { half, opaque } from './alpha.ts';
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
  const sites = edgeSites(part);
  const nearest = nearestSites(sites, part.width);
  if ((nearest[0] ?? -1) < 0) return out;
  const edge = { x: 0, y: 0, inside: false };
  for (let y = 0; y < part.height; y++) {
    for (let x = 0; x < part.width; x++) {
      const i = y * part.width + x;
      const value = part.values[i] ?? 0;
      if (value === 0) continue;
      findEdge(part, nearest[i] ?? 0, x, y, edge);
      const least = leastOutwards(part, x, y, edge, distance);
      out[(box.top + y) * width + box.left + x] = Math.min(value, Math.round(least));
    }
  }
  return out;
}

interface Part {
  readonly values: Uint16Array;
  readonly width: number;
  readonly height: number;
}

/** The point of the contour nearest to a pixel, and on which side of it the pixel lies. */
interface Edge {
  x: number;
  y: number;
  inside: boolean;
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

/** Inner pixels with an outer one beside them: the contour runs between the two. */
function edgeSites({ values, width, height }: Part): Uint8Array {
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

/** The nearest of the points where the contour crosses between a site and its neighbours. */
function findEdge(part: Part, site: number, x: number, y: number, edge: Edge): void {
  const { values, width } = part;
  const siteX = site % width;
  const siteY = (site - siteX) / width;
  const inner = values[site] ?? 0;
  let best = Infinity;
  for (let side = 0; side < 4; side++) {
    const dx = side === 0 ? -1 : side === 1 ? 1 : 0;
    const dy = side === 2 ? -1 : side === 3 ? 1 : 0;
    const outer = valueAt(part, siteX + dx, siteY + dy);
    if (outer >= half) continue;
    const share = (inner - (half - 0.5)) / (inner - outer);
    const edgeX = siteX + dx * share;
    const edgeY = siteY + dy * share;
    const distance = (edgeX - x) * (edgeX - x) + (edgeY - y) * (edgeY - y);
    if (distance >= best) continue;
    best = distance;
    edge.x = edgeX;
    edge.y = edgeY;
  }
  edge.inside = (values[y * width + x] ?? 0) >= half;
}

/** Value of a pixel; beyond the part that of the border. */
function valueAt({ values, width, height }: Part, x: number, y: number): number {
  const column = Math.min(Math.max(x, 0), width - 1);
  const row = Math.min(Math.max(y, 0), height - 1);
  return values[row * width + column] ?? 0;
}

function leastOutwards(part: Part, x: number, y: number, edge: Edge, distance: number): number {
  const sign = edge.inside ? 1 : -1;
  let outX = sign * (edge.x - x);
  let outY = sign * (edge.y - y);
  const far = Math.hypot(outX, outY);
  if (far < nearEdge) {
    // So close to the contour its direction is uncertain: the slope of the coverage tells more.
    const slopeX = valueAt(part, x - 1, y) - valueAt(part, x + 1, y);
    const slopeY = valueAt(part, x, y - 1) - valueAt(part, x, y + 1);
    const slope = Math.hypot(slopeX, slopeY);
    const trust = slope === 0 ? 0 : (1 - far / nearEdge) / slope;
    outX += trust * slopeX;
    outY += trust * slopeY;
  }
  const length = Math.hypot(outX, outY) || 1;
  const stepX = outX / length;
  const stepY = outY / length;
  // Beyond the contour every pixel of the way counts: it may lead through a gap and into the next
  // limb of the object. On this side of it the coverage only falls.
  const stop = Math.min(distance, edge.inside ? far : 0);
  let least = opaque;
  for (let way = distance; way >= stop && least > 0; way--) {
    least = Math.min(least, sample(part, x + stepX * way, y + stepY * way));
  }
  return least;
}

/** Distance in pixels within which the slope helps to find the normal. */
const nearEdge = 1.5;

function sample(part: Part, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const u = x - left;
  const v = y - top;
  const above = valueAt(part, left, top) * (1 - u) + valueAt(part, left + 1, top) * u;
  const below = valueAt(part, left, top + 1) * (1 - u) + valueAt(part, left + 1, top + 1) * u;
  return above * (1 - v) + below * v;
}

import { fractalNoise, hash, mix, rise } from './noise.ts';

/** Red, green and blue, 0 to 1, as displayed. */
export type Color = readonly [number, number, number];

/**
 * The balloon's own coordinates: the envelope's widest part has its middle at (0, 0) and radius 1,
 * y points down, the basket hangs at y = 1.95. These reach around all of it.
 */
export const balloonBounds = { left: -1.1, right: 1.1, top: -1.1, bottom: 2.3 };

const mouth = { y: 1.3, radius: 0.3 };
const basket = { y: 1.98, halfWidth: 0.3, halfHeight: 0.22, rounding: 0.06 };
const gores = 16;

const cream: Color = [0.96, 0.88, 0.68];
const vermilion: Color = [0.84, 0.2, 0.12];
const indigo: Color = [0.13, 0.16, 0.42];
const gold: Color = [0.97, 0.68, 0.16];
const wicker: Color = [0.46, 0.29, 0.14];
const rope: Color = [0.24, 0.18, 0.13];

/** Distance to the outline of the balloon in its own units, negative inside. */
export function balloonDistance(x: number, y: number): number {
  return Math.min(envelopeDistance(x, y), basketDistance(x, y), ropeDistance(x, y));
}

/** Colour of the balloon at a point inside it, turned by `spin` radians about its axis. */
export function balloonColor(x: number, y: number, spin: number): Color {
  if (basketDistance(x, y) < 0.01) return basketColor(x, y);
  return envelopeDistance(x, y) < 0.01 ? envelopeColor(x, y, spin) : rope;
}

/** Two circles and their common tangents. */
function envelopeDistance(x: number, y: number): number {
  const px = Math.abs(x);
  const slope = (1 - mouth.radius) / mouth.y;
  const side = Math.sqrt(1 - slope * slope);
  const along = px * -slope + y * side;
  if (along < 0) return Math.hypot(px, y) - 1;
  if (along > side * mouth.y) return Math.hypot(px, y - mouth.y) - mouth.radius;
  return px * side + y * slope - 1;
}

function basketDistance(x: number, y: number): number {
  const { rounding } = basket;
  const dx = Math.abs(x) - basket.halfWidth + rounding;
  const dy = Math.abs(y - basket.y) - basket.halfHeight + rounding;
  const outside = Math.hypot(Math.max(dx, 0), Math.max(dy, 0));
  return outside + Math.min(Math.max(dx, dy), 0) - rounding;
}

/** Four ropes from the mouth to the rim of the basket. */
function ropeDistance(x: number, y: number): number {
  const top = mouth.y + 0.2;
  const bottom = basket.y - 0.1;
  const t = Math.min(1, Math.max(0, (y - top) / (bottom - top)));
  const px = Math.abs(x);
  const outer = Math.hypot(px - mix(0.2, 0.26, t), y - mix(top, bottom, t));
  const inner = Math.hypot(px - mix(0.07, 0.09, t), y - mix(top, bottom, t));
  return Math.min(outer, inner) - 0.035;
}

function envelopeColor(x: number, y: number, spin: number): Color {
  const halfWidth = y < 0 ? Math.sqrt(Math.max(0.01, 1 - y * y)) : mix(1, mouth.radius, y / 1.5);
  const across = Math.min(0.999, Math.max(-0.999, x / halfWidth));
  const longitude = ((Math.asin(across) + spin) / (2 * Math.PI)) * gores;
  const gore = Math.floor(longitude);
  const inGore = longitude - gore;
  let color = Math.abs(gore % 2) === 1 ? vermilion : cream;
  if (Math.abs(y - 0.18) < 0.24) {
    const zigzag = 0.18 + 0.13 * (Math.abs(inGore - 0.5) * 4 - 1);
    color = Math.abs(y - zigzag) < 0.075 ? gold : indigo;
  }
  if (y > 1.16) color = indigo;
  // A sun from the upper left, cloth between the seams, and a sheen.
  const light = 0.62 + 0.38 * (-0.5 * across - 0.45 * Math.min(1, Math.max(-1, y)) + 0.55);
  const seam = 1 - 0.22 * (1 - rise(0, 0.09, Math.min(inGore, 1 - inGore)));
  const cloth = 0.94 + 0.12 * fractalNoise(longitude * 3, y * 14, 7, 3);
  const sheen = 0.16 * rise(0.55, 0, Math.hypot(across + 0.42, y + 0.4));
  return shade(color, light * seam * cloth, sheen);
}

function basketColor(x: number, y: number): Color {
  const row = Math.floor(y * 22);
  const cane = Math.floor(x * 18 + (row % 2) * 0.5);
  const rim = y < basket.y - basket.halfHeight + 0.09 ? 0.62 : 1;
  return shade(wicker, rim * (0.78 + 0.5 * hash(cane, row, 3)) * (1.05 - 0.5 * x), 0);
}

function shade([r, g, b]: Color, factor: number, sheen: number): Color {
  return [r * factor + sheen, g * factor + sheen, b * factor + sheen];
}

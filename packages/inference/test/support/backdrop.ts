import type { Color } from './balloon.ts';
import { fractalNoise, hash, mix, rise } from './noise.ts';

/** RGB, 3 floats a pixel, 0 to 1 as displayed. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Float32Array;
}

/** The land the balloon flies over, wider than a frame so that the camera can pan. */
export function paintBackdrop(width: number, height: number, seed: number): Picture {
  const rgb = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      rgb.set(backdropColor(x / height, y / height, seed), (y * width + x) * 3);
    }
  }
  return { width, height, rgb };
}

function backdropColor(x: number, y: number, seed: number): Color {
  const far = 0.66 + 0.16 * (fractalNoise(x * 1.7, 0.5, seed + 20, 4) - 0.5);
  const near = 0.8 + 0.2 * (fractalNoise(x * 1.1, 3.5, seed + 30, 5) - 0.5);
  if (y > near) return fieldColor(x, y, seed);
  const sky = y > far ? undefined : skyColor(x, y, seed);
  return sky ?? hillColor(x, y, far, seed);
}

function skyColor(x: number, y: number, seed: number): Color {
  const clouds = rise(0.42, 0.78, fractalNoise(x * 2.6, y * 4.4, seed, 6));
  const body = 0.8 + 0.2 * fractalNoise(x * 6 + 9, y * 9, seed + 8, 4);
  return blend(
    [mix(0.2, 0.62, y), mix(0.42, 0.74, y), mix(0.68, 0.82, y)],
    [body, body, body],
    clouds,
  );
}

function hillColor(x: number, y: number, top: number, seed: number): Color {
  const wood = fractalNoise(x * 22, y * 30, seed + 40, 4);
  const haze = rise(0.2, 0, y - top);
  return blend(
    [0.1 + 0.24 * wood, 0.26 + 0.28 * wood, 0.16 + 0.12 * wood],
    [0.5, 0.62, 0.7],
    0.45 * haze,
  );
}

function fieldColor(x: number, y: number, seed: number): Color {
  const strip = Math.floor(x * 5 + 2.2 * y + fractalNoise(x * 3, y * 6, seed + 50, 2));
  const kind = hash(strip, 0, seed + 51);
  const furrow = 0.5 + 0.5 * Math.sin((x * 0.6 + y) * 190);
  const grain = fractalNoise(x * 60, y * 60, seed + 52, 3);
  const light = 0.75 + 0.14 * furrow + 0.3 * (grain - 0.5);
  return [
    mix(0.32, 0.66, kind) * light,
    mix(0.46, 0.56, kind) * light,
    mix(0.16, 0.24, kind) * light,
  ];
}

/** A column of stone drums that stands before everything, upright, `half` wide each way. */
export interface Pillar {
  /** Middle and half the width in pixels. */
  readonly x: number;
  readonly half: number;
}

/** The pillar as it stands in every frame. */
export interface StandingPillar extends Picture {
  /** How much of the pixels of a column it covers, 0 to 1. */
  readonly cover: Float32Array;
}

/** Paints the pillar in frames of `width` by `height` pixels. */
export function paintPillar(
  pillar: Pillar,
  width: number,
  height: number,
  seed: number,
): StandingPillar {
  const softness = Math.max(0.7, height / 300);
  const cover = Float32Array.from({ length: width }, (_, x) =>
    rise(softness, -softness, Math.abs(x + 0.5 - pillar.x) - pillar.half),
  );
  const rgb = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if ((cover[x] ?? 0) === 0) continue;
      rgb.set(pillarColor(pillar, x, y, height, seed), (y * width + x) * 3);
    }
  }
  return { width, height, rgb, cover };
}

function pillarColor(pillar: Pillar, x: number, y: number, height: number, seed: number): Color {
  const across = Math.min(1, Math.max(-1, (x + 0.5 - pillar.x) / pillar.half));
  const v = y / height;
  const drum = v * 4.5 + 0.3;
  const joint = rise(0, 0.035, Math.min(drum - Math.floor(drum), 1 - (drum - Math.floor(drum))));
  const flute = 0.86 + 0.14 * Math.cos(Math.asin(across) * 14);
  const stone =
    0.75 + 0.5 * fractalNoise((x / height) * 26, v * 26, seed + 60 + Math.floor(drum), 5);
  const round = 0.42 + 0.58 * Math.sqrt(1 - 0.92 * ((across + 0.25) / 1.25) ** 2);
  const light = 0.66 * stone * flute * round * mix(0.55, 1, joint);
  return [light * 1.02, light * 0.95, light * 0.84];
}

function blend(a: Color, b: Color, t: number): Color {
  return [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)];
}

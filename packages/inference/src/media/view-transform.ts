import type { ShotSource } from '@roto/sdk/contract';

/** What the numbers of a picture mean before it is shown to the model. */
export type InputColorspace = ShotSource['inputColorspace'];

/** Turns scene-linear RGB, row by row, into sRGB code values. */
export interface ViewTransform {
  /** As `info.viewTransform` states it. */
  readonly name: string;
  /**
   * Writes sRGB of 0..`top` for linear `rgb` (three values a pixel). NaN becomes black, values
   * below black and above white are clipped, infinities included.
   */
  apply(rgb: Float32Array, out: Uint8Array | Uint16Array, top: 255 | 65535): void;
}

/**
 * AP1 primaries at the ACES white to Rec.709 at D65, Bradford adapted: the product of the matrices
 * in ACES S-2014-004 and ITU-R BT.709, rows first.
 */
const ap1ToRec709 = [
  1.70505099, -0.62179212, -0.08325887, -0.13025642, 1.1408048, -0.01054832, -0.02400336,
  -0.12896898, 1.15297233,
] as const;

/** Largest finite half float; beyond it there is nothing an EXR camera file means to say. */
const brightest = 65_504;

/**
 * The transform from a linear space to sRGB (IEC 61966-2-1).
 * @param exposure stops added in linear light.
 */
export function linearView(space: 'linear-rec709' | 'acescg', exposure: number): ViewTransform {
  const gain = 2 ** exposure;
  const stops = exposure === 0 ? '' : `, ${exposure > 0 ? '+' : ''}${exposure} stops`;
  return {
    name: `${space} -> sRGB${stops}`,
    apply(rgb, out, top) {
      for (let at = 0; at < rgb.length; at += 3) {
        let r = finite(rgb[at] ?? 0) * gain;
        let g = finite(rgb[at + 1] ?? 0) * gain;
        let b = finite(rgb[at + 2] ?? 0) * gain;
        if (space === 'acescg') {
          const m = ap1ToRec709;
          [r, g, b] = [
            m[0] * r + m[1] * g + m[2] * b,
            m[3] * r + m[4] * g + m[5] * b,
            m[6] * r + m[7] * g + m[8] * b,
          ];
        }
        out[at] = Math.round(encode(r) * top);
        out[at + 1] = Math.round(encode(g) * top);
        out[at + 2] = Math.round(encode(b) * top);
      }
    },
  };
}

function finite(value: number): number {
  return Number.isNaN(value) ? 0 : Math.min(Math.max(value, -brightest), brightest);
}

/** sRGB's curve at evenly spaced points, interpolated: within 1e-7 of the formula. */
const steps = 65_536;
const curve = Float64Array.from({ length: steps + 2 }, (_, at) => {
  const x = at / steps;
  return x <= 0.003_130_8 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
});

function encode(linear: number): number {
  if (!(linear > 0)) {
    return 0;
  }
  if (linear >= 1) {
    return 1;
  }
  const place = linear * steps;
  const at = place | 0;
  const low = curve[at] ?? 0;
  return low + ((curve[at + 1] ?? 1) - low) * (place - at);
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeepFrame } from '../media/clip.ts';
import type { Matte } from './alpha.ts';
import { compositeOver } from './composite.ts';
import { despill } from './despill.ts';
import { estimateForeground } from './foreground.ts';
import { premultiply } from './premultiply.ts';
import { uniteMattes } from './union.ts';

const red = [52000, 9000, 11000] as const;
const green = [3000, 45000, 16000] as const;

/** A disc with an edge `softness` pixels wide. */
function disc(width: number, height: number, radius: number, softness: number): Matte {
  const alpha = Uint16Array.from({ length: width * height }, (_, i) => {
    const far = Math.hypot((i % width) - width / 2, Math.floor(i / width) - height / 2);
    return Math.round(65535 * Math.min(1, Math.max(0, 0.5 + (radius - far) / softness)));
  });
  return { width, height, alpha };
}

function frameOf(matte: Matte, color: (alpha: number) => number[]): DeepFrame {
  const rgb = Uint16Array.from([...matte.alpha].flatMap((alpha) => color(alpha / 65535)));
  return { number: 7, width: matte.width, height: matte.height, rgb };
}

const mix = (a: readonly number[], b: readonly number[], alpha: number) =>
  a.map((value, c) => Math.round(alpha * value + (1 - alpha) * (b[c] ?? 0)));

const color = (frame: DeepFrame, i: number) => [...frame.rgb.subarray(3 * i, 3 * i + 3)];

describe('estimateForeground', () => {
  const matte = disc(90, 70, 20, 8);
  const plate = frameOf(matte, (alpha) => mix(red, green, alpha));

  test('finds the colour of the object all through a soft edge', () => {
    const foreground = estimateForeground(plate, matte);
    for (const [i, alpha] of matte.alpha.entries()) {
      if (alpha < 0.05 * 65535) continue;
      for (const [c, value] of color(foreground, i).entries()) {
        // What is left of the background, beside its share in the plate.
        const left = Math.abs(value - (red[c] ?? 0));
        expect(left).toBeLessThan(0.08 * 65535);
        expect((left * alpha) / 65535).toBeLessThan(0.02 * 65535);
      }
    }
  });

  test('puts back together with the true background to the plate', () => {
    const foreground = estimateForeground(plate, matte);
    for (const [i, alpha] of matte.alpha.entries()) {
      const again = mix(color(foreground, i), green, alpha / 65535);
      for (const [c, value] of again.entries()) {
        expect(Math.abs(value - (plate.rgb[3 * i + c] ?? 0))).toBeLessThan(0.02 * 65535);
      }
    }
  });

  test('leaves wholly opaque pixels and pixels far from the object as they are', () => {
    const noisy = { ...plate, rgb: plate.rgb.map((v, i) => (v + 7919 * i) % 65536) };
    const foreground = estimateForeground(noisy, matte);
    expect(foreground.number).toBe(7);
    for (const [i, alpha] of matte.alpha.entries()) {
      const far = Math.hypot((i % 90) - 45, Math.floor(i / 90) - 35) > 34;
      if (alpha === 65535 || far) expect(color(foreground, i)).toEqual(color(noisy, i));
    }
  });

  test('carries the colour of a hard edge outwards', () => {
    const hard = disc(60, 60, 15, 1e-6);
    const foreground = estimateForeground(
      frameOf(hard, (alpha) => mix(red, green, alpha)),
      hard,
    );
    const beyond = color(foreground, 30 * 60 + 30 + 18);
    for (const [c, value] of beyond.entries())
      expect(Math.abs(value - (red[c] ?? 0))).toBeLessThan(700);
  });

  test.each([0, 65535])('changes nothing where alpha is %i all over', (value) => {
    const flat = { ...matte, alpha: new Uint16Array(matte.alpha.length).fill(value) };
    expect(estimateForeground(plate, flat)).toEqual(plate);
  });
});

describe('despill', () => {
  const matte = disc(90, 70, 25, 4);
  const isEdge = (alpha: number) => alpha > 0 && alpha < 65535;

  test.each(['#00b140', '#0047bb'])('takes a cast of the screen %s out of the edge', (screen) => {
    const cast = screen === '#00b140' ? [17500, 38500, 24000] : [18350, 25300, 36350];
    const clean = despill(
      frameOf(matte, () => cast),
      matte,
      screen,
    );
    for (const [i, alpha] of matte.alpha.entries()) {
      if (!isEdge(alpha) || alpha > 32768) continue;
      const [r = 0, g = 0, b = 0] = color(clean, i);
      expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThan(6000);
      expect(Math.abs(r + g + b - 80000)).toBeLessThan(4);
    }
  });

  test('leaves the inside, other hues and grey screens alone', () => {
    const skin = frameOf(matte, () => [50000, 36000, 30000]);
    expect(despill(skin, matte, '#00b140')).toEqual(skin);
    const leaf = frameOf(matte, () => [10000, 40000, 9000]);
    expect(despill(leaf, matte, '#808080')).toEqual(leaf);
    expect(color(despill(leaf, matte, '#00b140'), 35 * 90 + 45)).toEqual(color(leaf, 0));
  });

  test('refuses a colour that is none', () => {
    expect(() =>
      despill(
        frameOf(matte, () => [0, 0, 0]),
        matte,
        'green',
      ),
    ).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });
});

describe('compositeOver, premultiply and uniteMattes', () => {
  const matte = { width: 3, height: 1, alpha: Uint16Array.of(0, 32768, 65535) };
  const frame = frameOf(matte, () => [...red]);

  test('puts the object over the colour', () => {
    const over = compositeOver(frame, matte, '#00b140');
    expect(color(over, 0)).toEqual([0, 0xb1 * 257, 0x40 * 257]);
    expect(color(over, 1)).toEqual([26000, 27244, 13724]);
    expect(color(over, 2)).toEqual([...red]);
  });

  test('premultiplied colour is colour over black', () => {
    expect(premultiply(frame, matte)).toEqual(compositeOver(frame, matte, '#000000'));
  });

  test('a union is 1 - product of (1 - alpha), whatever the order', () => {
    const level = fc.integer({ min: 0, max: 65535 });
    fc.assert(
      fc.property(level, level, level, (a, b, c) => {
        const [x, y, z] = [a, b, c].map((v) => ({ width: 1, height: 1, alpha: Uint16Array.of(v) }));
        if (x === undefined || y === undefined || z === undefined) throw new Error('three mattes');
        const united = uniteMattes([x, y, z]).alpha[0] ?? 0;
        const expected = 65535 * (1 - (1 - a / 65535) * (1 - b / 65535) * (1 - c / 65535));
        expect(Math.abs(united - expected)).toBeLessThanOrEqual(1);
        expect(Math.abs((uniteMattes([z, x, y]).alpha[0] ?? 0) - united)).toBeLessThanOrEqual(2);
      }),
    );
  });

  test('unites one matte to itself, and refuses none and mixed sizes', () => {
    expect(uniteMattes([matte])).toEqual(matte);
    const refusal = expect.objectContaining({ code: 'invalid_argument' });
    expect(() => uniteMattes([])).toThrow(refusal);
    expect(() => uniteMattes([matte, { width: 1, height: 3, alpha: matte.alpha }])).toThrow(
      refusal,
    );
  });
});

import { RotoError } from '@roto/sdk/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { featureCount } from './cell-features.ts';
import { type FitSums, triangleLength } from './ridge.ts';
import { fitKeys } from './target-memory.ts';
import { readSnapshot, writeSnapshot } from './tracker-snapshot.ts';
import type { TrackerState } from './tracker-state.ts';

function sums(scale: number): FitSums {
  const gram = new Float32Array(triangleLength(featureCount));
  for (let row = 0; row < featureCount; row++) {
    gram[triangleLength(row) + row] = scale + row / 7;
  }
  const moment = Float32Array.from({ length: featureCount }, (_, i) => Math.sin(i * scale));
  return { size: featureCount, gram, moment };
}

function someState(): TrackerState {
  const keys = sums(1);
  const memory = { keys, keyCount: 2, recent: sums(2), newest: sums(3) };
  const view = { x: 16, y: 0, side: 320, scale: 1024 / 320, gridWidth: 3, gridHeight: 2 };
  return {
    picture: { width: 640, height: 360 },
    mask: {
      view,
      width: 12,
      height: 8,
      logits: Float32Array.from({ length: 96 }, (_, i) => Math.cos(i) * 10),
    },
    box: { x1: 1 / 3, y1: 2.5, x2: 100.1, y2: 99.999999999 },
    velocity: { x: -0.1, y: 1e-17 },
    area: 1234.5678,
    keyArea: 2 ** 0.5,
    reach: 2345.678,
    moving: 0.123456789,
    lostFrames: 0,
    grey: { width: 4, height: 3, data: Float32Array.from({ length: 12 }, (_, i) => 20 * i) },
    trust: Float32Array.from({ length: 96 }, (_, i) => Math.sin(i)),
    means: Float32Array.from({ length: featureCount - 1 }, (_, i) => i / 3),
    memory,
    keyModel: fitKeys(memory),
  };
}

describe('a snapshot', () => {
  it('gives back the state to the bit', () => {
    expect(readSnapshot(writeSnapshot(someState()))).toEqual(someState());
  });

  it('is the same bytes after being restored', () => {
    const bytes = writeSnapshot(someState());
    expect(writeSnapshot(readSnapshot(bytes))).toEqual(bytes);
  });

  it('is refused as a corrupt cache wherever it is cut short or spoiled', () => {
    const bytes = writeSnapshot(someState());
    const spoiled = fc.oneof(
      fc.nat(bytes.length - 1).map((length) => bytes.slice(0, length)),
      fc.nat(15).map((at) => bytes.slice().fill((bytes[at] ?? 0) ^ 0x55, at, at + 1)),
      fc.uint8Array({ maxLength: 64 }),
    );
    fc.assert(
      fc.property(spoiled, (bad) => {
        let code: unknown;
        try {
          readSnapshot(bad);
        } catch (error) {
          code = error instanceof RotoError ? error.code : error;
        }
        expect(code).toBe('cache_corrupt');
      }),
      { numRuns: 50 },
    );
  });
});

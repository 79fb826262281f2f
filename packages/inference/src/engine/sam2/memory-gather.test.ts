import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Direction } from '../engine.ts';
import { packBfloat16 } from './bfloat16.ts';
import { gatherMemory, memoryBank } from './memory-gather.ts';
import type { FrameMemory, ObjectMemory } from './object-memory.ts';
import { resolveRules, type Sam2Rules } from './presets.ts';

/** A frame whose memory and pointer say which frame it is. */
function remembered(index: number): FrameMemory {
  return { tokens: Uint16Array.of(index), pointer: Float32Array.of(index) };
}

function memoryOf(cond: readonly number[], tracked: readonly number[]): ObjectMemory {
  const entries = (frames: readonly number[]) =>
    new Map(frames.map((index) => [index, remembered(index)]));
  return { cond: entries(cond), tracked: entries(tracked) };
}

const benchmark = resolveRules({ preset: 'benchmark' });

interface Case {
  readonly at: number;
  readonly cond: readonly number[];
  readonly tracked?: readonly number[];
  readonly direction?: Direction;
  readonly frameCount?: number;
  readonly rules?: Partial<Sam2Rules>;
}

/** Frames and rows of the blocks, frames and distances of the pointers. */
function gather({ at, cond, tracked = [], direction = 'forward', ...rest }: Case) {
  const { frameCount = 100, rules } = rest;
  const frame = { index: at, direction, frameCount };
  const gathered = gatherMemory(memoryOf(cond, tracked), frame, { ...benchmark, ...rules });
  const furthest = Math.min(frameCount, 16) - 1;
  return {
    blocks: gathered.blocks.map(({ tokens, row }) => [tokens[0], row]),
    pointers: gathered.pointers.map(({ pointer, position }) => [
      pointer[0],
      Math.round(position * furthest),
    ]),
  };
}

const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('gatherMemory', () => {
  it('attends to the prompted frame and the six just passed, the furthest first', () => {
    const { blocks, pointers } = gather({ at: 20, cond: [0], tracked: upTo(1, 19) });
    expect(blocks).toEqual([
      [0, 6],
      [14, 5],
      [15, 4],
      [16, 3],
      [17, 2],
      [18, 1],
      [19, 0],
    ]);
    // The prompted frame's pointer comes first, however far it is.
    expect(pointers).toEqual([
      [0, 20],
      ...upTo(1, 15).map((distance) => [20 - distance, distance]),
    ]);
  });

  it('mirrors all of it backward', () => {
    const { blocks, pointers } = gather({
      at: 20,
      cond: [40],
      tracked: upTo(21, 39),
      direction: 'backward',
    });
    expect(blocks.slice(0, 3)).toEqual([
      [40, 6],
      [26, 5],
      [25, 4],
    ]);
    expect(blocks.at(-1)).toEqual([21, 0]);
    expect(pointers).toEqual([
      [40, 20],
      ...upTo(1, 15).map((distance) => [20 + distance, distance]),
    ]);
  });

  it('skips frames that it does not have', () => {
    const { blocks, pointers } = gather({ at: 10, cond: [5], tracked: [6, 9] });
    expect(blocks).toEqual([
      [5, 6],
      [6, 3],
      [9, 0],
    ]);
    expect(pointers).toEqual([
      [5, 5],
      [9, 1],
      [6, 4],
    ]);
  });

  it('sees the memory of prompted frames ahead, but not their pointers', () => {
    expect(gather({ at: 3, cond: [10] })).toEqual({ blocks: [[10, 6]], pointers: [] });
    const backward = gather({ at: 12, cond: [10, 12], direction: 'backward' });
    expect(backward.blocks).toEqual([
      [10, 6],
      [12, 6],
    ]);
    expect(backward.pointers).toEqual([[12, 0]]);
  });

  it('takes prompted frames in the order they were prompted', () => {
    const { blocks } = gather({ at: 30, cond: [20, 5, 9] });
    expect(blocks.map(([frame]) => frame)).toEqual([20, 5, 9]);
  });

  it('counts no pointer further than the clip is long', () => {
    const frame = { index: 4, direction: 'forward', frameCount: 5 } as const;
    const { pointers } = gatherMemory(memoryOf([0], [1, 2, 3]), frame, benchmark);
    expect(pointers.map(({ position }) => position)).toEqual([1, 0.25, 0.5, 0.75]);
  });

  it('gives a clip of one frame distances that are numbers', () => {
    const frame = { index: 0, direction: 'forward', frameCount: 1 } as const;
    const { pointers } = gatherMemory(memoryOf([0], []), frame, benchmark);
    expect(pointers.map(({ position }) => position)).toEqual([0]);
  });

  it('takes every r-th frame before the last one with a stride of r', () => {
    const rules = { memoryStride: 3 };
    const forward = gather({ at: 20, cond: [0], tracked: upTo(1, 19), rules });
    expect(forward.blocks).toEqual([
      [0, 6],
      [6, 5],
      [9, 4],
      [12, 3],
      [15, 2],
      [18, 1],
      [19, 0],
    ]);
    const tracked = upTo(21, 60);
    const backward = gather({ at: 20, cond: [70], tracked, direction: 'backward', rules });
    expect(backward.blocks.slice(1)).toEqual([
      [36, 5],
      [33, 4],
      [30, 3],
      [27, 2],
      [24, 1],
      [21, 0],
    ]);
  });

  it('leaves the oldest out where fewer frames are remembered, and pointers as they are', () => {
    const rules = { memoryFrames: 3 };
    const { blocks, pointers } = gather({ at: 20, cond: [0], tracked: upTo(1, 19), rules });
    expect(blocks).toEqual([
      [0, 6],
      [18, 1],
      [19, 0],
    ]);
    expect(pointers).toHaveLength(16);
    expect(gather({ at: 20, cond: [0], tracked: [19], rules: { memoryFrames: 1 } }).blocks).toEqual(
      [[0, 6]],
    );
  });

  it('with a cap takes the nearest on either side, then the nearest of the rest', () => {
    const rules = { maxCondFrames: 3 };
    const { blocks, pointers } = gather({ at: 50, cond: [10, 45, 90, 30, 80], rules });
    expect(blocks).toEqual([
      [45, 6],
      [80, 6],
      [30, 6],
    ]);
    expect(pointers).toEqual([
      [45, 5],
      [30, 20],
    ]);
  });

  it('with a cap takes the earlier prompted of two that are equally near', () => {
    const rules = { maxCondFrames: 3 };
    const { blocks } = gather({ at: 50, cond: [60, 40, 38, 62], rules });
    expect(blocks.map(([frame]) => frame)).toEqual([40, 60, 38]);
  });

  it('attends to a prompted frame beyond the cap as to one just passed', () => {
    const rules = { maxCondFrames: 2 };
    const { blocks, pointers } = gather({ at: 50, cond: [46, 49, 60], tracked: [47], rules });
    expect(blocks).toEqual([
      [49, 6],
      [60, 6],
      [46, 3],
      [47, 2],
    ]);
    expect(pointers).toEqual([
      [49, 1],
      [47, 3],
      [46, 4],
    ]);
  });

  it('never takes more than the cap, the nearest first, whatever was prompted', () => {
    const frames = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        frames,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 2, max: 5 }),
        (cond, at, maxCondFrames) => {
          const { blocks } = gather({ at, cond, rules: { maxCondFrames } });
          const chosen = blocks.filter(([, row]) => row === 6).map(([frame]) => frame ?? 0);
          expect(chosen).toHaveLength(Math.min(cond.length, maxCondFrames));
          const distances = (which: readonly number[]) =>
            which.map((frame) => Math.abs(frame - at)).sort((a, b) => a - b);
          expect(distances(chosen)[0]).toBe(distances(cond)[0]);
        },
      ),
    );
  });
});

describe('memoryBank', () => {
  it('gives tokens back as float32 of the rows they were gathered with', () => {
    const tokens = packBfloat16(Float32Array.of(0.5, -3));
    const bank = memoryBank({ blocks: [{ tokens, row: 4 }], pointers: [] });
    expect(bank).toEqual({ blocks: [{ tokens: Float32Array.of(0.5, -3), row: 4 }], pointers: [] });
  });
});

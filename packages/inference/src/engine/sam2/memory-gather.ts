import type { Direction } from '../engine.ts';
import { unpackBfloat16 } from './bfloat16.ts';
import type { ObjectBank } from './networks.ts';
import type { FrameMemory, ObjectMemory } from './object-memory.ts';
import type { Sam2Rules } from './presets.ts';

/** Frames whose pointers are attended to at most, that of a conditioning frame included. */
export const pointerFrames = 16;
/** Row of the learned time embedding that conditioning frames have, however far they are. */
const condRow = 6;

/** The frame that is about to attend, and how it is reached. */
export interface AttendingFrame {
  /** Counted from the clip's first frame. */
  readonly index: number;
  readonly direction: Direction;
  /** Frames of the whole clip. */
  readonly frameCount: number;
}

/** What one object attends to, still as it is stored. */
export interface GatheredMemory {
  readonly blocks: readonly { readonly tokens: Uint16Array; readonly row: number }[];
  readonly pointers: readonly { readonly pointer: Float32Array; readonly position: number }[];
}

/**
 * Picks from an object's memory what a frame attends to: conditioning frames wherever they are, then
 * the frames just passed, from the furthest to the nearest; then pointers of conditioning frames
 * that do not lie ahead, and of the frames just passed, the nearest first.
 */
export function gatherMemory(
  memory: ObjectMemory,
  frame: AttendingFrame,
  rules: Sam2Rules,
): GatheredMemory {
  const cond = closestFrames(memory.cond, frame.index, rules.maxCondFrames);
  const at = (index: number): FrameMemory | undefined =>
    memory.tracked.get(index) ?? (cond.has(index) ? undefined : memory.cond.get(index));
  return { blocks: blocksOf(cond, at, frame, rules), pointers: pointersOf(cond, at, frame) };
}

/** Gathered memory in float32. */
export function memoryBank({ blocks, pointers }: GatheredMemory): ObjectBank {
  return {
    blocks: blocks.map(({ tokens, row }) => ({ tokens: unpackBfloat16(tokens), row })),
    pointers,
  };
}

type Frames = ReadonlyMap<number, FrameMemory>;

/** The nearest one on either side, then the nearest of the rest; `most` 0 takes all. */
function closestFrames(cond: Frames, index: number, most: number): Frames {
  if (most === 0 || cond.size <= most) return cond;
  const frames = [...cond.keys()];
  const before = Math.max(...frames.filter((frame) => frame < index));
  const after = Math.min(...frames.filter((frame) => frame >= index));
  const sides = [before, after].filter((frame) => Number.isFinite(frame));
  const rest = frames
    .filter((frame) => !sides.includes(frame))
    .sort((a, b) => Math.abs(a - index) - Math.abs(b - index));
  const chosen = [...sides, ...rest].slice(0, most);
  return new Map(
    chosen.flatMap((frame) => {
      const memory = cond.get(frame);
      return memory === undefined ? [] : [[frame, memory]];
    }),
  );
}

function blocksOf(
  cond: Frames,
  at: (index: number) => FrameMemory | undefined,
  frame: AttendingFrame,
  { memoryFrames, memoryStride }: Sam2Rules,
): GatheredMemory['blocks'] {
  const blocks: { tokens: Uint16Array; row: number }[] = [];
  const add = (memory: FrameMemory | undefined, row: number) => {
    if (memory?.tokens !== undefined) blocks.push({ tokens: memory.tokens, row });
  };
  for (const memory of cond.values()) add(memory, condRow);
  for (let distance = memoryFrames - 1; distance >= 1; distance -= 1) {
    add(at(passedFrame(frame, distance, memoryStride)), distance - 1);
  }
  return blocks;
}

/**
 * The frame of the memory that is `distance` memories back: the one just passed, and before it each
 * frame whose index is a multiple of the stride.
 */
function passedFrame(
  { index, direction }: AttendingFrame,
  distance: number,
  stride: number,
): number {
  const back = (distance - 2) * stride;
  if (direction === 'forward') {
    return distance === 1 ? index - 1 : Math.floor((index - 2) / stride) * stride - back;
  }
  return distance === 1 ? index + 1 : Math.ceil((index + 2) / stride) * stride + back;
}

function pointersOf(
  cond: Frames,
  at: (index: number) => FrameMemory | undefined,
  { index, direction, frameCount }: AttendingFrame,
): GatheredMemory['pointers'] {
  const passed = (other: number) => (direction === 'forward' ? index - other : other - index);
  const furthest = Math.min(frameCount, pointerFrames) - 1;
  const pointers: { pointer: Float32Array; position: number }[] = [];
  const add = ({ pointer }: FrameMemory, distance: number) => {
    // A clip of one frame has no distances, and 0/0 would spoil all it touches.
    const position = furthest === 0 ? 0 : Math.fround(distance / furthest);
    pointers.push({ pointer, position });
  };
  for (const [frame, memory] of cond) {
    if (passed(frame) >= 0) add(memory, passed(frame));
  }
  for (let distance = 1; distance <= furthest; distance += 1) {
    const memory = at(direction === 'forward' ? index - distance : index + distance);
    if (memory !== undefined) add(memory, distance);
  }
  return pointers;
}

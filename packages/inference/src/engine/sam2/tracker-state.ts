import type { Direction } from '../engine.ts';
import type { ChosenMask } from './choose-mask.ts';
import { pointerFrames } from './memory-gather.ts';
import type { FrameMemory, ObjectMemory } from './object-memory.ts';
import type { Sam2Rules } from './presets.ts';
import type { PictureSize } from './prompt-points.ts';
import type { FrameRecord } from './step.ts';

/** The frame a tracker worked on last. */
export interface CurrentFrame extends Pick<ChosenMask, 'mask' | 'score'> {
  readonly index: number;
  /** How it was reached; undefined where the track starts. */
  readonly direction: Direction | undefined;
}

/** All a tracker knows. Frames are counted from the clip's first one. */
export interface TrackerState extends ObjectMemory<FrameRecord> {
  readonly picture: PictureSize;
  readonly current: CurrentFrame;
  /** The conditioning frame prompted last. */
  readonly prompted: number;
  /** The first frame that was tracked. */
  readonly start: number | undefined;
}

/**
 * The state without what no later frame attends to. Memory does not grow with the clip: the frames
 * just passed stay, and, where a run may turn round, those around its first frame.
 */
export function forgetUnreachable(state: TrackerState, rules: Sam2Rules): TrackerState {
  const { current, start } = state;
  if (current.direction === undefined) return state;
  const next = current.index + (current.direction === 'forward' ? 1 : -1);
  const centers = rules.retrack === 'all' && start !== undefined ? [next, start] : [next];
  const distance = (index: number): number =>
    Math.min(...centers.map((center) => Math.abs(center - index)));
  const tracked = new Map<number, FrameMemory>();
  for (const [index, memory] of state.tracked) {
    const { pointer } = memory;
    if (distance(index) <= memoryReach(rules)) tracked.set(index, memory);
    else if (distance(index) < pointerFrames) tracked.set(index, { pointer, tokens: undefined });
  }
  if (rules.retrack === 'all') return { ...state, tracked };
  return { ...state, tracked, cond: selectableFrames(state, next, rules) };
}

/** Distance in frames of the furthest memory that a frame attends to. */
function memoryReach({ memoryFrames, memoryStride }: Sam2Rules): number {
  return memoryFrames < 2 ? 0 : (memoryFrames - 2) * memoryStride + 1;
}

/**
 * The conditioning frames that may yet be among the nearest, or near enough to count as frames just
 * passed. Of those already passed the order of distance never changes again.
 */
function selectableFrames(
  { cond, current, prompted }: TrackerState,
  next: number,
  rules: Sam2Rules,
): ReadonlyMap<number, FrameRecord> {
  const { maxCondFrames } = rules;
  if (maxCondFrames === 0 || cond.size <= maxCondFrames) return cond;
  const sign = current.direction === 'forward' ? 1 : -1;
  const reach = Math.max(memoryReach(rules), pointerFrames - 1);
  const outOfReach = [...cond.keys()]
    .map((index) => ({ index, passed: sign * (next - index) }))
    .filter(({ passed }) => passed > 0)
    .sort((a, b) => a.passed - b.passed)
    .slice(maxCondFrames)
    .filter(({ index, passed }) => passed > reach && index !== prompted);
  if (outOfReach.length === 0) return cond;
  const gone = new Set(outOfReach.map(({ index }) => index));
  return new Map([...cond].filter(([index]) => !gone.has(index)));
}

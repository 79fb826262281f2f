import type { FrameRange } from '@roto/sdk/contract';
import type { Anchor, Direction } from './anchor.ts';
import { baseRuns, withBases } from './place-anchors.ts';
import type { FrameSources, ObjectPlan } from './plan.ts';
import { longestRuns, type Run, type RunPath } from './run.ts';

/**
 * How many frames on the far side of the first prompted one a tracker that turns round still
 * attends to: that many object pointers are read.
 */
const rememberedFrames = 15;

export interface PlanAllOptions {
  /** By frame. */
  readonly anchors: readonly Anchor[];
  readonly range: FrameRange;
  readonly direction: Direction | 'both';
  /** First and last prompted frame of all objects. */
  readonly prompted: FrameRange;
}

/**
 * One run for all frames of an object, with every prompted frame in memory, as the published
 * predictor of SAM 2 propagates: forward from the first frame that any object is prompted on, then
 * backward from there with the memory it has by then. Backward alone begins at the last one.
 */
export function planAll(options: PlanAllOptions): ObjectPlan {
  const { anchors, range, direction, prompted } = options;
  // The first key's state holds nothing else; a correction before it leans on that key.
  const anchor = anchors.find(({ base }) => base === undefined) ?? anchors[0];
  if (anchor === undefined) throw new RangeError('an object without prompts has no plan');
  const all = { anchor, companions: anchors.filter((each) => each !== anchor) };
  const frames = new Map(anchors.map((each) => [each.frame, each]));
  /** The last frame to track from `from` to `to`; `from` where there is none. */
  const lastOpen = (from: number, to: number): number => {
    let last = to;
    while (last !== from && frames.has(last)) last += last > from ? -1 : 1;
    return last;
  };
  const runs: Run[] = [];
  let turn: RunPath['turn'];
  if (direction !== 'backward') {
    const from = frames.has(prompted.first) ? prompted.first : prompted.first - 1;
    const path: RunPath = { ...all, direction: 'forward', from };
    const last = lastOpen(from, Math.max(range.last, from));
    if (last >= range.first && last > from) {
      runs.push({ ...path, last });
      const frame = lastOpen(from, Math.min(last, prompted.first + rememberedFrames));
      if (frame !== from) turn = { path, frame };
    }
  }
  if (direction !== 'forward') {
    const path = { ...all, direction: 'backward' as const, from: backwardStart(frames, options) };
    const last = lastOpen(path.from, Math.min(range.first, path.from));
    if (last <= range.last && last < path.from) {
      runs.push({ ...path, ...(turn === undefined ? {} : { turn }), last });
    }
  }
  return planOf(anchors, runs, range);
}

/**
 * The frame that the way back begins behind. Like the published predictor, a tracker that turns
 * round sees the frame it turns on once more, unless it is prompted there: then its mask is known.
 */
function backwardStart(
  frames: ReadonlyMap<number, Anchor>,
  { direction, prompted, range }: PlanAllOptions,
): number {
  const start = direction === 'both' ? prompted.first : prompted.last;
  const turnsForNothing = direction === 'both' && range.first >= start;
  return frames.has(start) || turnsForNothing ? start : start + 1;
}

function planOf(anchors: readonly Anchor[], runs: readonly Run[], range: FrameRange): ObjectPlan {
  const inside = anchors.filter(({ frame }) => range.first <= frame && frame <= range.last);
  const needed = withBases(runs.length > 0 ? anchors : inside);
  const kept = anchors.filter((anchor) => needed.has(anchor));
  return {
    anchors: kept,
    runs: longestRuns([...runs, ...baseRuns(kept)]),
    at: (frame): FrameSources => {
      const anchor = anchors.find((each) => each.frame === frame);
      if (anchor !== undefined) return { anchor };
      // On the frame that a tracker turned on, what it saw on the way back counts.
      const run = runs.findLast((each) => isOnWay(each, frame));
      if (run === undefined) return {};
      return run.direction === 'forward' ? { before: run } : { after: run };
    },
  };
}

function isOnWay({ direction, from }: Run, frame: number): boolean {
  return direction === 'forward' ? frame > from : frame < from;
}

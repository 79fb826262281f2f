import type { FrameRange } from '@roto/sdk/contract';
import type { Companions } from '../engine/companions.ts';
import type { Anchor, Direction, TrackPrompt } from './anchor.ts';
import { baseRuns, placeAnchors, withBases } from './place-anchors.ts';
import { planAll } from './plan-all.ts';
import { longestRuns, plainPath, type Run } from './run.ts';

/** Where the mask of one frame comes from. */
export interface FrameSources {
  /** The frame itself is prompted. */
  readonly anchor?: Anchor;
  /** Tracked forward from the nearest prompted frame before it. */
  readonly before?: Run;
  /** Tracked backward from the nearest prompted frame after it. */
  readonly after?: Run;
}

/** What has to be tracked for one object, and where each frame's mask then comes from. */
export interface ObjectPlan {
  readonly anchors: readonly Anchor[];
  readonly runs: readonly Run[];
  at(frame: number): FrameSources;
}

export interface LockedPrompts extends FrameRange {
  readonly prompts: readonly TrackPrompt[];
}

export interface PlanOptions {
  readonly prompts: readonly TrackPrompt[];
  /** Frames whose masks are wanted. */
  readonly range: FrameRange;
  readonly direction: Direction | 'both';
  readonly locked?: readonly LockedPrompts[];
  /** How the engine's runs use other prompted frames; not at all unless said. */
  readonly companions?: Companions;
  /**
   * First and last prompted frame of all objects, the object's own unless said: where its runs
   * begin whose companions are `all`.
   */
  readonly prompted?: FrameRange;
}

/**
 * Plans one object. Between two prompted frames the mask is tracked from both and blended, so it
 * depends on these two alone: a new prompt changes nothing beyond its neighbours. Where companions
 * are `all` there is nothing to blend, and a new prompt changes every frame that is not prompted.
 *
 * @throws RotoError `prompt_missing` where nothing but negative clicks was said
 */
export function planObject(options: PlanOptions): ObjectPlan {
  const open = planPrompts(options);
  if (options.locked === undefined || options.locked.length === 0) return open;
  const locked = options.locked.map((lock) => ({
    first: lock.first,
    last: lock.last,
    plan: planPrompts({
      ...options,
      prompts: lock.prompts,
      range: clampRange(lock, options.range),
      prompted: promptedFrames(lock.prompts),
    }),
  }));
  const plans = [open, ...locked.map((lock) => lock.plan)];
  return {
    anchors: uniqueById(plans.flatMap((plan) => plan.anchors)),
    runs: longestRuns(plans.flatMap((plan) => plan.runs)),
    at: (frame) => {
      const lock = locked.find((entry) => entry.first <= frame && frame <= entry.last);
      return (lock?.plan ?? open).at(frame);
    },
  };
}

function planPrompts(options: PlanOptions): ObjectPlan {
  const { range, direction, companions = 'none' } = options;
  const prompts = [...options.prompts].sort((a, b) => a.frame - b.frame);
  const anchors = placeAnchors(prompts, companions);
  if (companions === 'all') {
    const prompted = options.prompted ?? promptedFrames(prompts);
    return planAll({ anchors, range, direction, prompted });
  }
  const forward = new Map<Anchor, Run>();
  const backward = new Map<Anchor, Run>();
  const beside = (far: Anchor | undefined) =>
    companions === 'none' || far === undefined ? {} : { companions: [far] };
  anchors.forEach((anchor, index) => {
    const next = anchors[index + 1];
    const previous = anchors[index - 1];
    const lastForward = next === undefined ? range.last : Math.min(next.frame - 1, range.last);
    const lastBackward =
      previous === undefined ? range.first : Math.max(previous.frame + 1, range.first);
    if (direction !== 'backward' && lastForward > anchor.frame && lastForward >= range.first) {
      const path = { ...plainPath(anchor, 'forward'), ...beside(next) };
      forward.set(anchor, { ...path, last: lastForward });
    }
    if (direction !== 'forward' && lastBackward < anchor.frame && lastBackward <= range.last) {
      const path = { ...plainPath(anchor, 'backward'), ...beside(previous) };
      backward.set(anchor, { ...path, last: lastBackward });
    }
  });
  const wanted = [...forward.values(), ...backward.values()];
  const needed = neededAnchors(anchors, wanted, range);
  return {
    anchors: needed,
    runs: longestRuns([...wanted, ...baseRuns(needed)]),
    at: (frame) => sourcesAt(frame, anchors, forward, backward),
  };
}

function sourcesAt(
  frame: number,
  anchors: readonly Anchor[],
  forward: ReadonlyMap<Anchor, Run>,
  backward: ReadonlyMap<Anchor, Run>,
): FrameSources {
  const index = anchors.findLastIndex((anchor) => anchor.frame <= frame);
  const left = anchors[index];
  if (left?.frame === frame) return { anchor: left };
  const right = anchors[index + 1];
  const before = left && forward.get(left);
  const after = right && backward.get(right);
  return {
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

/** Anchors that frames of the range come from, and those they lean on; the rest need no look. */
function neededAnchors(
  anchors: readonly Anchor[],
  runs: readonly Run[],
  range: FrameRange,
): Anchor[] {
  const inside = anchors.filter(({ frame }) => range.first <= frame && frame <= range.last);
  const needed = withBases([...runs.flatMap((run) => [run.anchor, ...run.companions]), ...inside]);
  return anchors.filter((anchor) => needed.has(anchor));
}

function uniqueById(anchors: readonly Anchor[]): Anchor[] {
  return [...new Map(anchors.map((anchor) => [anchor.id, anchor])).values()];
}

function clampRange(lock: FrameRange, range: FrameRange): FrameRange {
  return { first: Math.max(lock.first, range.first), last: Math.min(lock.last, range.last) };
}

/** First and last prompted frame. */
export function promptedFrames(prompts: readonly { readonly frame: number }[]): FrameRange {
  const frames = prompts.map(({ frame }) => frame);
  return { first: Math.min(...frames), last: Math.max(...frames) };
}

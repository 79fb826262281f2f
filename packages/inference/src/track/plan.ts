import { type FrameRange, RotoError } from '@roto/sdk/contract';
import {
  type Anchor,
  correctionAnchor,
  type Direction,
  isKey,
  keyAnchor,
  type TrackPrompt,
} from './anchor.ts';

/** Tracking from an anchor in one direction up to and including `last`. */
export interface Run {
  readonly anchor: Anchor;
  readonly direction: Direction;
  readonly last: number;
}

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
}

/**
 * Plans one object. Between two prompted frames the mask is tracked from both and blended, so it
 * depends on these two alone: a new prompt changes nothing beyond its neighbours.
 *
 * @throws RotoError `prompt_missing` where nothing but negative clicks was said
 */
export function planObject(options: PlanOptions): ObjectPlan {
  const open = planPrompts(options.prompts, options.range, options.direction);
  if (options.locked === undefined || options.locked.length === 0) return open;
  const locked = options.locked.map((lock) => ({
    first: lock.first,
    last: lock.last,
    plan: planPrompts(lock.prompts, clampRange(lock, options.range), options.direction),
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

function planPrompts(
  prompts: readonly TrackPrompt[],
  range: FrameRange,
  direction: Direction | 'both',
): ObjectPlan {
  const anchors = placeAnchors([...prompts].sort((a, b) => a.frame - b.frame));
  const forward = new Map<Anchor, Run>();
  const backward = new Map<Anchor, Run>();
  anchors.forEach((anchor, index) => {
    const next = anchors[index + 1]?.frame;
    const previous = anchors[index - 1]?.frame;
    const lastForward = next === undefined ? range.last : Math.min(next - 1, range.last);
    const lastBackward = previous === undefined ? range.first : Math.max(previous + 1, range.first);
    if (direction !== 'backward' && lastForward > anchor.frame && lastForward >= range.first) {
      forward.set(anchor, { anchor, direction: 'forward', last: lastForward });
    }
    if (direction !== 'forward' && lastBackward < anchor.frame && lastBackward <= range.last) {
      backward.set(anchor, { anchor, direction: 'backward', last: lastBackward });
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

/** A correction leans on the prompted frame before it; with no key before it, on the one after. */
function placeAnchors(prompts: readonly TrackPrompt[]): Anchor[] {
  const firstKey = prompts.findIndex((prompt) => isKey(prompt.prompt));
  const key = prompts[firstKey];
  if (key === undefined) {
    throw new RotoError(
      'prompt_missing',
      'Expected a positive point, a box or a mask on at least one frame, but only negative points came.',
      { hint: 'Click once on the object itself.' },
    );
  }
  const anchors: Anchor[] = [keyAnchor(key)];
  for (const prompt of prompts.slice(firstKey + 1)) {
    const left = anchors.at(-1);
    anchors.push(
      left === undefined || isKey(prompt.prompt)
        ? keyAnchor(prompt)
        : correctionAnchor(prompt, left, 'forward'),
    );
  }
  for (const prompt of prompts.slice(0, firstKey).reverse()) {
    const right = anchors[0];
    if (right !== undefined) anchors.unshift(correctionAnchor(prompt, right, 'backward'));
  }
  return anchors;
}

/** Anchors that frames of the range come from, and those they lean on; the rest need no look. */
function neededAnchors(
  anchors: readonly Anchor[],
  runs: readonly Run[],
  range: FrameRange,
): Anchor[] {
  const needed = new Set<Anchor>(runs.map((run) => run.anchor));
  for (const anchor of anchors) {
    if (range.first <= anchor.frame && anchor.frame <= range.last) needed.add(anchor);
  }
  // A set gives what is added on the way too, so whole chains are followed.
  for (const { base } of needed) if (base !== undefined) needed.add(base.anchor);
  return anchors.filter((anchor) => needed.has(anchor));
}

/** The runs that corrections lean on, up to and including the corrected frame. */
function baseRuns(anchors: readonly Anchor[]): Run[] {
  return anchors.flatMap((anchor) =>
    anchor.base === undefined
      ? []
      : [{ anchor: anchor.base.anchor, direction: anchor.base.direction, last: anchor.frame }],
  );
}

/** Runs of several prompts or objects may be the same one: the one that goes furthest stays. */
export function longestRuns(runs: readonly Run[]): Run[] {
  const longest = new Map<string, Run>();
  for (const run of runs) {
    const key = runKey(run);
    const known = longest.get(key);
    if (known === undefined || runLength(known) < runLength(run)) longest.set(key, run);
  }
  return [...longest.values()];
}

function uniqueById(anchors: readonly Anchor[]): Anchor[] {
  return [...new Map(anchors.map((anchor) => [anchor.id, anchor])).values()];
}

function clampRange(lock: FrameRange, range: FrameRange): FrameRange {
  return { first: Math.max(lock.first, range.first), last: Math.min(lock.last, range.last) };
}

/** Names a run among all runs of a clip and an engine. */
export function runKey(run: { readonly anchor: Anchor; readonly direction: Direction }): string {
  return `${run.anchor.id}.${run.direction}`;
}

/** Frames a run has to track. */
export function runLength(run: Run): number {
  return Math.abs(run.last - run.anchor.frame);
}

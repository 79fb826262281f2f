import { createHash } from 'node:crypto';
import type { Anchor, Direction } from './anchor.ts';

/** Which frames a tracker sees on its way, and what it has in memory from the start. */
export interface RunPath {
  /** The prompted frame whose state the tracker starts with. */
  readonly anchor: Anchor;
  readonly direction: Direction;
  /** Other prompted frames it has in memory; those on its way keep their masks. */
  readonly companions: readonly Anchor[];
  /** The frame before the first one, seen in the run's direction; most often the anchor's own. */
  readonly from: number;
  /** The run the other way whose tracker turns round after `frame` and goes on here. */
  readonly turn?: { readonly path: RunPath; readonly frame: number };
}

/** Tracking up to and including `last`. */
export interface Run extends RunPath {
  readonly last: number;
}

/** The path from a prompted frame that has nothing else in memory. */
export function plainPath(anchor: Anchor, direction: Direction): RunPath {
  return { anchor, direction, companions: [], from: anchor.frame };
}

/** Names a path among all of a clip and an engine: equal key, equal masks. */
export function runKey(path: RunPath): string {
  const { anchor, direction, companions, from, turn } = path;
  const plain = `${anchor.id}.${direction}`;
  if (companions.length === 0 && from === anchor.frame && turn === undefined) return plain;
  const turned = turn === undefined ? null : [runKey(turn.path), turn.frame];
  const text = JSON.stringify([companions.map(({ id }) => id), from, turned]);
  return `${plain}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** Whether a frame on the way is prompted, so that there is nothing to track on it. */
export function isPromptedOn(path: RunPath, frame: number): boolean {
  return path.anchor.frame === frame || path.companions.some((each) => each.frame === frame);
}

/** Frames to track after `from`, up to and including `to`; none where `to` lies behind. */
export function framesBetween(path: RunPath, from: number, to: number): number {
  const distance = path.direction === 'forward' ? to - from : from - to;
  if (distance <= 0) return 0;
  const [first, last] = path.direction === 'forward' ? [from + 1, to] : [to, from - 1];
  const prompted = new Set(
    [path.anchor, ...path.companions]
      .map(({ frame }) => frame)
      .filter((frame) => first <= frame && frame <= last),
  );
  return distance - prompted.size;
}

/** Frames a run has to track. */
export function runLength(run: Run): number {
  return framesBetween(run, run.from, run.last);
}

/** Runs of several prompts or objects may be the same one: the one that goes furthest stays. */
export function longestRuns(runs: readonly Run[]): Run[] {
  const longest = new Map<string, Run>();
  for (const run of runs) {
    const key = runKey(run);
    const known = longest.get(key);
    if (known === undefined || isBeyond(run, run.last, known.last)) longest.set(key, run);
  }
  return [...longest.values()];
}

/** Whether a frame comes after another one on the way. */
export function isBeyond(path: RunPath, frame: number, mark: number): boolean {
  return path.direction === 'forward' ? frame > mark : frame < mark;
}

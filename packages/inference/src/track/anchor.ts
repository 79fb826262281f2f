import { createHash } from 'node:crypto';
import type { Direction, EnginePrompt } from '../engine/engine.ts';
import type { RunPath } from './run.ts';

export type { Direction };

/** A prompt as tracking sees it: what was said, and a hash that stands for all of it. */
export interface TrackPrompt {
  readonly frame: number;
  readonly prompt: EnginePrompt;
  /** Hex hash of the frame number, clicks, box, the pixels of the mask, and what it is meant as. */
  readonly hash: string;
}

/**
 * A prompted frame, from which tracking starts in both directions. A key stands for itself; a
 * correction leans on what was tracked to it on the path `base`.
 */
export interface Anchor {
  /** Hex hash of the whole chain of prompts this anchor came from: equal id, equal mask. */
  readonly id: string;
  readonly frame: number;
  readonly prompt: EnginePrompt;
  readonly base: RunPath | undefined;
  /** Hashes of the prompts of the chain, the key first. */
  readonly prompts: readonly string[];
}

/** Whether a prompt starts a track, and does not only correct one. */
export function isKey(prompt: EnginePrompt): boolean {
  return canStart(prompt) && prompt.correction !== true;
}

/** Negative clicks alone say nothing of where an object is. */
function canStart(prompt: EnginePrompt): boolean {
  return (
    prompt.mask !== undefined ||
    prompt.box !== undefined ||
    prompt.points.some((point) => point.label === 'positive')
  );
}

/** Gives a prompt its hash. */
export function trackPrompt(frame: number, prompt: EnginePrompt): TrackPrompt {
  const hash = createHash('sha256');
  const quick = prompt.quick ? { quick: true } : {};
  const corrects = canStart(prompt) && prompt.correction === true ? { correction: true } : {};
  const said = { frame, points: prompt.points, box: prompt.box ?? null, ...quick, ...corrects };
  hash.update(JSON.stringify(said));
  if (prompt.mask !== undefined) {
    hash.update(`${prompt.mask.width}x${prompt.mask.height}`);
    hash.update(prompt.mask.data);
  }
  return { frame, prompt, hash: hash.digest('hex').slice(0, 32) };
}

export function keyAnchor(prompt: TrackPrompt): Anchor {
  return {
    id: chainId([prompt.hash], undefined),
    frame: prompt.frame,
    prompt: prompt.prompt,
    base: undefined,
    prompts: [prompt.hash],
  };
}

/** @param base what was tracked to the corrected frame */
export function correctionAnchor(prompt: TrackPrompt, base: RunPath): Anchor {
  const { anchor, companions, direction } = base;
  const others = companions.map(({ id }) => id);
  return {
    id: chainId([anchor.id, ...others, prompt.hash], direction),
    frame: prompt.frame,
    prompt: prompt.prompt,
    base,
    prompts: [...anchor.prompts, ...companions.flatMap((each) => each.prompts), prompt.hash],
  };
}

function chainId(parts: readonly string[], direction: Direction | undefined): string {
  const text = [direction ?? 'key', ...parts].join('/');
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

import { RotoError } from '@roto/sdk/contract';
import type { Companions } from '../engine/companions.ts';
import { type Anchor, correctionAnchor, isKey, keyAnchor, type TrackPrompt } from './anchor.ts';
import { plainPath, type Run, type RunPath } from './run.ts';

/**
 * Anchors of an object's prompts, which come in the order of their frames. A correction leans on
 * the prompted frame before it, or on all of them where companions are `all`; with no key before
 * it, on the one after.
 *
 * @throws RotoError `prompt_missing` where nothing but negative clicks was said
 */
export function placeAnchors(prompts: readonly TrackPrompt[], companions: Companions): Anchor[] {
  const firstKey = prompts.findIndex((prompt) => isKey(prompt.prompt));
  const key = prompts[firstKey];
  if (key === undefined) {
    throw new RotoError(
      'prompt_missing',
      'Expected a positive point, a box or a mask on at least one frame, but only corrections came.',
      { hint: 'Click once on the object itself.' },
    );
  }
  const first = keyAnchor(key);
  const anchors: Anchor[] = [first];
  for (const prompt of prompts.slice(firstKey + 1)) {
    if (isKey(prompt.prompt)) anchors.push(keyAnchor(prompt));
    else anchors.push(correctionAnchor(prompt, pathTo(anchors, companions, first)));
  }
  for (const prompt of prompts.slice(0, firstKey).reverse()) {
    const right = anchors[0] ?? first;
    anchors.unshift(correctionAnchor(prompt, plainPath(right, 'backward')));
  }
  return anchors;
}

/** What leads forward from the anchors so far to the next frame that is corrected. */
function pathTo(anchors: readonly Anchor[], companions: Companions, first: Anchor): RunPath {
  if (companions !== 'all') return plainPath(anchors.at(-1) ?? first, 'forward');
  return { ...plainPath(first, 'forward'), companions: anchors.slice(1) };
}

/** The runs that corrections lean on, up to and including the corrected frame. */
export function baseRuns(anchors: readonly Anchor[]): Run[] {
  return anchors.flatMap(({ base, frame }) =>
    base === undefined ? [] : [{ ...base, last: frame }],
  );
}

/** Anchors and all they lean on. */
export function withBases(anchors: readonly Anchor[]): ReadonlySet<Anchor> {
  const all = new Set(anchors);
  // A set gives what is added on the way too, so whole chains are followed.
  for (const { base } of all) {
    if (base !== undefined) for (const each of [base.anchor, ...base.companions]) all.add(each);
  }
  return all;
}

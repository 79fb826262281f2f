import { createHash } from 'node:crypto';
import { presetPartNames, type Shot } from '@roto/sdk/contract';
import type { OpenShot } from './open-shot.ts';

/**
 * Hex SHA-256 of what decides the mattes of a shot: that of {@link trackHash}, and the matte work.
 * Paths do not count, nor what is written beside: a document that was moved, an export of the track
 * and the run that made it write the same bytes.
 */
export function shotHash(open: OpenShot): string {
  return sha256(canonicalJson({ track: trackHash(open), matte: open.shot.matte }));
}

/**
 * Hex SHA-256 of what decides the masks of a shot, whichever engine makes them: the clip's pixels,
 * the prompts, and how the engine is to work. Names, colours, matte work and outputs do not count,
 * nor whether engine, model and device were asked for by name or found by `auto`: the document that
 * names what ran is of the same track.
 */
export function trackHash({ shot, clip, range, objects }: OpenShot): string {
  const prompts = objects.map(({ id, planOptions }) => ({
    id,
    prompts: planOptions.prompts.map((prompt) => prompt.hash),
    locked: (planOptions.locked ?? []).map((lock) => ({
      first: lock.first,
      last: lock.last,
      prompts: lock.prompts.map((prompt) => prompt.hash),
    })),
  }));
  const { fingerprint, firstFrame, viewTransform } = clip.info;
  const engine = engineWork(shot.engine);
  return sha256(canonicalJson({ fingerprint, firstFrame, viewTransform, range, prompts, engine }));
}

/** How the engine is to work; what has the value it had before there was a choice is left out. */
function engineWork(engine: Shot['engine']): Record<string, unknown> {
  const { inputSize, precision, direction, preset } = engine;
  const parts = presetPartNames.map((name) => [name, engine[name]]);
  return {
    quality: engine.quality === 'standard' ? 'normal' : engine.quality,
    inputSize,
    ...(precision === 'int8' ? { precision } : {}),
    direction,
    ...(preset === 'product' ? {} : { preset }),
    ...Object.fromEntries(parts),
  };
}

/** `trk_` and 16 digits that stand for a track made by one engine. */
export function trackId(hash: string, storeName: string): string {
  return `trk_${sha256(`${hash}/${storeName}`).slice(0, 16)}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

import { isAbsolute, relative, resolve } from 'node:path';
import { type FramePrompt, isModelPath, type Shot } from '@roto/sdk/contract';
import { isVideoId } from '../backend/remote/video-id.ts';

/**
 * The shot with every path in it changed by `change`: the plate's, the masks' and the checkpoint's.
 */
export function mapShotPaths(shot: Shot, change: (path: string) => string): Shot {
  const { source, engine } = shot;
  const { model } = engine;
  const moved = model !== undefined && isModelPath(model) ? { model: change(model) } : {};
  return mapPrompts(
    {
      ...shot,
      source: { ...source, path: isVideoId(source.path) ? source.path : change(source.path) },
      engine: { ...engine, ...moved },
    },
    (prompt) => (prompt.mask === undefined ? prompt : { ...prompt, mask: change(prompt.mask) }),
  );
}

/** The shot with every prompt in it changed, locked ones too. */
function mapPrompts(shot: Shot, change: (prompt: FramePrompt) => FramePrompt): Shot {
  return {
    ...shot,
    objects: shot.objects.map((object) => ({
      ...object,
      prompts: object.prompts.map(change),
      locked: object.locked.map((lock) => ({ ...lock, prompts: lock.prompts.map(change) })),
    })),
  };
}

/** A path from `folder`, which is how a shot document that lies there writes it. */
export function pathFrom(folder: string, path: string): string {
  const relativePath = relative(folder, resolve(path));
  // Nothing relative leads to another drive.
  return isAbsolute(relativePath) || relativePath === '' ? resolve(path) : relativePath;
}

/**
 * The shot with its first frame numbered `delta` higher: prompts, ranges and locks stay on their
 * pictures.
 */
export function renumberShot(shot: Shot, delta: number): Shot {
  const { range } = shot.source;
  const moved = mapPrompts(shot, (prompt) => ({ ...prompt, frame: prompt.frame + delta }));
  return {
    ...moved,
    source: {
      ...shot.source,
      ...(range === undefined
        ? {}
        : { range: { first: range.first + delta, last: range.last + delta } }),
    },
    objects: moved.objects.map((object) => ({
      ...object,
      locked: object.locked.map((lock) => ({
        ...lock,
        first: lock.first + delta,
        last: lock.last + delta,
      })),
    })),
  };
}

import { resolve } from 'node:path';
import { isModelPath, type Shot } from '@roto/sdk/contract';

/** A shot whose paths no longer depend on where it was read from. */
export function absoluteShot(shot: Shot, base: string): Shot {
  const absolutePrompt = (prompt: Shot['objects'][number]['prompts'][number]): typeof prompt =>
    prompt.mask === undefined ? prompt : { ...prompt, mask: resolve(base, prompt.mask) };
  const { model } = shot.engine;
  return {
    ...shot,
    engine:
      model !== undefined && isModelPath(model)
        ? { ...shot.engine, model: resolve(base, model) }
        : shot.engine,
    source: { ...shot.source, path: resolve(base, shot.source.path) },
    objects: shot.objects.map((object) => ({
      ...object,
      prompts: object.prompts.map(absolutePrompt),
      locked: object.locked.map((lock) => ({ ...lock, prompts: lock.prompts.map(absolutePrompt) })),
    })),
  };
}

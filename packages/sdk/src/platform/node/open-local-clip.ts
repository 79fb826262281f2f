import { stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { RotoError } from '../../contract/errors.ts';
import type { LocalClip } from '../../local-clip.ts';
import { type FoundSequence, patternPath, sequenceAt } from '../../sequence.ts';
import { fileSource } from './file-source.ts';

/**
 * What a path names, as local runs understand it: a movie, a folder of numbered pictures, one
 * picture, or a pattern such as `plate.####.exr`.
 * @throws RotoError `source_not_found`, `source_unreadable`
 */
export async function openLocalClip(path: string): Promise<LocalClip> {
  const place = resolve(path);
  const sequence = await sequenceAt(place);
  if (sequence !== undefined) return sequenceClip(sequence);
  if (!path.includes('\0') && (await isThere(place))) {
    return { kind: 'movie', source: await fileSource(place) };
  }
  throw new RotoError('source_not_found', `There is no ${path}.`, {
    hint: 'Expected a movie, a folder of pictures, or a pattern such as plate.####.exr.',
  });
}

async function isThere(place: string): Promise<boolean> {
  return (await stat(place).catch(() => undefined)) !== undefined;
}

function sequenceClip({ pattern, frames }: FoundSequence): LocalClip {
  const name = basename(patternPath(pattern));
  return {
    kind: 'sequence',
    name,
    format: extname(name).slice(1).toLowerCase(),
    frames: frames.map(({ number, path }) => ({ frame: number, path })),
  };
}

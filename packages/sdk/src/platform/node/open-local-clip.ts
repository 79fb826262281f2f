import { stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { RotoError } from '../../contract/errors.ts';
import type { LocalClip } from '../../local-clip.ts';
import {
  type FoundSequence,
  findSequence,
  findSequenceIn,
  isPictureName,
  parseSequencePattern,
  patternPath,
  singlePicture,
} from '../../sequence.ts';
import { fileSource } from './file-source.ts';

/**
 * What a path names, as local runs understand it: a movie, a folder of numbered pictures, one
 * picture, or a pattern such as `plate.####.exr`.
 * @throws RotoError `source_not_found`, `source_unreadable`
 */
export async function openLocalClip(path: string): Promise<LocalClip> {
  const place = resolve(path);
  const entry = path.includes('\0') ? undefined : await stat(place).catch(() => undefined);
  if (entry?.isDirectory()) return sequenceClip(await findSequenceIn(place));
  if (entry !== undefined) {
    if (entry.isFile() && isPictureName(place)) return sequenceClip(singlePicture(place));
    return { kind: 'movie', source: await fileSource(place) };
  }
  const pattern = parseSequencePattern(place);
  if (pattern !== undefined) return sequenceClip(await findSequence(pattern));
  throw new RotoError('source_not_found', `There is no ${path}.`, {
    hint: 'Expected a movie, a folder of pictures, or a pattern such as plate.####.exr.',
  });
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

import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FrameNumber, RotoError, type ShotSource } from '@roto/sdk/contract';
import {
  findSequence,
  findSequenceIn,
  isPictureName,
  parseSequencePattern,
  singlePicture,
} from '@roto/sdk/sequence';
import { stopError, throwIfStopped } from '../stop.ts';
import type { Clip } from './clip.ts';
import { openMovie } from './movie-clip.ts';
import { openSequence } from './sequence-clip.ts';

/** A shot's source, of which only the path must be there; defaults are those of the contract. */
export type ClipSource = Pick<ShotSource, 'path'> & {
  readonly [Key in keyof ShotSource]?: ShotSource[Key] | undefined;
};

export interface OpenClipOptions {
  /** Folder a relative path starts from; the current one unless given. */
  readonly base?: string | undefined;
  /** Where what is slow to find out is remembered; nothing is kept unless given. */
  readonly cacheDir?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a movie, a picture, a folder of numbered pictures or a sequence pattern. What lies on disk
 * under the very name given comes first; only then is the name read as a pattern.
 * @throws RotoError `source_not_found`, `source_unreadable`, `source_has_no_video`,
 *   `source_too_small`, `source_truncated`, `sequence_gap`, `sequence_mixed_sizes`,
 *   `frame_out_of_range`; `interrupted` when the signal aborts
 */
export async function openClip(source: ClipSource, options: OpenClipOptions = {}): Promise<Clip> {
  const clip = await openStoppable(source, options);
  const { firstFrame, lastFrame, path } = clip.info;
  const { range } = source;
  if (![firstFrame, lastFrame].every((frame) => FrameNumber.safeParse(frame).success)) {
    await clip.close();
    throw new RotoError(
      'frame_out_of_range',
      `Expected frame numbers of at most 9 digits, but ${path} has ${firstFrame} to ${lastFrame}`,
      { param: 'source.startFrame', hint: 'Number its first frame another way: --start-frame 1.' },
    );
  }
  if (range !== undefined && (range.first < firstFrame || range.last > lastFrame)) {
    await clip.close();
    throw new RotoError(
      'frame_out_of_range',
      `Asked for frames ${range.first} to ${range.last}, but ${path} has ${firstFrame} to ${lastFrame}`,
      { param: 'source.range', hint: 'Frame numbers are those of the source; both ends included.' },
    );
  }
  return clip;
}

/** However far the opening has come, its end by the signal is told in one way. */
async function openStoppable(source: ClipSource, options: OpenClipOptions): Promise<Clip> {
  const { signal } = options;
  try {
    throwIfStopped(signal);
    return await openSource(source, options);
  } catch (error) {
    throw signal?.aborted ? stopError(signal) : error;
  }
}

async function openSource(source: ClipSource, options: OpenClipOptions): Promise<Clip> {
  const path = resolve(options.base ?? '.', source.path);
  const { cacheDir, signal } = options;
  const settings = { ...source, cacheDir, signal };
  const entry = await entryAt(path);
  if (entry?.isDirectory()) {
    return openSequence(await findSequenceIn(path), settings);
  }
  if (entry?.isFile()) {
    checkNotEmpty(path, entry);
    return isPictureName(path)
      ? openSequence(singlePicture(path), settings)
      : openMovie(path, settings);
  }
  if (entry !== undefined) {
    throw new RotoError('source_unreadable', `${path} is no file and no folder`, {
      param: 'source.path',
      hint: 'Devices, pipes and sockets cannot be read twice, as tracking needs.',
    });
  }
  const pattern = parseSequencePattern(path);
  if (pattern === undefined) {
    throw new RotoError('source_not_found', `There is no ${path}`, {
      param: 'source.path',
      hint: 'Expected a movie, a folder of pictures, or a pattern such as plate.####.exr.',
    });
  }
  return openSequence(await findSequence(pattern), settings);
}

async function entryAt(path: string): Promise<Stats | undefined> {
  if (path.includes('\0')) {
    return undefined;
  }
  try {
    return await stat(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') {
      return undefined;
    }
    throw new RotoError('source_unreadable', `Could not look at ${path}`, {
      param: 'source.path',
      cause,
    });
  }
}

function checkNotEmpty(path: string, entry: Stats): void {
  if (entry.size === 0) {
    throw new RotoError('source_unreadable', `${path} is empty`, {
      param: 'source.path',
      hint: 'The copy may have failed; copy the file again.',
    });
  }
}

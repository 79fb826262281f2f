import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Clip, movieFacts, writeBrowserMovie, writeThumbnail } from '@roto/inference';
import { RotoError } from '@roto/sdk/contract';
import type { MediaCalls } from '../media/media-calls.ts';
import { withMedia } from './open-media.ts';

type Prepare = MediaCalls['prepare'];

/** Opens a clip, hashes a movie, writes a thumbnail and, where one is needed, a mezzanine. */
export async function prepare(
  { source, sha256: announced, thumbnail, mezzanine }: Prepare['argument'],
  signal: AbortSignal,
): Promise<Prepare['answer']> {
  // First: a file that did not arrive as it was is not to be told of as one that cannot be read.
  const sha256 = await hashOf(source.path, signal);
  if (announced !== undefined && announced !== sha256) {
    throw new RotoError(
      'transfer_corrupt',
      `Expected a file with SHA-256 ${announced}, and what came has ${sha256}.`,
      { hint: 'Upload it again.' },
    );
  }
  return withMedia(source, signal, async (clip) => {
    const isMovie = clip.info.kind === 'movie';
    const facts = isMovie ? await movieFacts(source.path, signal) : undefined;
    await writeThumbnail(clip, thumbnail, signal);
    const plays = facts?.playsInBrowsers === true && !clip.info.variableRate;
    const rendered = plays ? {} : await render(clip, mezzanine, signal);
    return {
      facts: clip.info,
      sha256,
      codec: facts?.codec,
      container: facts?.container,
      playsInBrowsers: plays,
      mezzanine: rendered.mezzanine,
      failure: rendered.failure,
    };
  });
}

/** Work needs no mezzanine: a clip without one is still good, and its metadata says why. */
async function render(
  clip: Clip,
  path: string,
  signal: AbortSignal,
): Promise<Pick<Partial<Prepare['answer']>, 'mezzanine' | 'failure'>> {
  try {
    return { mezzanine: await writeBrowserMovie(clip, path, { signal }) };
  } catch (error) {
    const isOurs =
      error instanceof RotoError && ['encode_failed', 'ffmpeg_unusable'].includes(error.code);
    if (!isOurs || signal.aborted) throw error;
    return { failure: error.message };
  }
}

/** Of a file; a sequence has one for each frame. */
async function hashOf(path: string, signal: AbortSignal): Promise<string | undefined> {
  if (!(await stat(path)).isFile()) return undefined;
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { signal })) hash.update(piece);
  return hash.digest('hex');
}

import { type Clip, openClip } from '@roto/inference';
import { RotoError } from '@roto/sdk/contract';
import type { MediaSource } from '../media/media-calls.ts';

/**
 * Works on an open clip. What fails names the clip as people do: the path is the service's own.
 * @throws RotoError
 */
export async function withMedia<T>(
  { path, title, sequence }: MediaSource,
  signal: AbortSignal,
  work: (clip: Clip) => Promise<T>,
): Promise<T> {
  try {
    const clip = await openClip(
      {
        path,
        ...(sequence === undefined
          ? {}
          : {
              rate: sequence.rate ?? undefined,
              missingFrames: sequence.missingFrames,
              inputColorspace: sequence.inputColorspace,
            }),
      },
      { signal },
    );
    try {
      return await work(clip);
    } finally {
      await clip.close();
    }
  } catch (error) {
    throw withoutPath(error, path, title);
  }
}

function withoutPath(error: unknown, path: string, title: string): unknown {
  if (!(error instanceof RotoError)) return error;
  // Also names of files in the folder of a sequence.
  const plain = (text: string) => text.replaceAll(path, title);
  return new RotoError(error.code, plain(error.message), {
    ...(error.hint === undefined ? {} : { hint: plain(error.hint) }),
  });
}

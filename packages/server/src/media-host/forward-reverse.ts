import { writeBrowserMovie } from '@roto/inference';
import type { MediaCalls } from '../media/media-calls.ts';
import { withMedia } from './open-media.ts';

type ForwardReverse = MediaCalls['forwardReverse'];

/** Writes the rendition that plays forwards and then backwards. */
export function forwardReverse(
  { source, path }: ForwardReverse['argument'],
  signal: AbortSignal,
): Promise<ForwardReverse['answer']> {
  return withMedia(source, signal, (clip) =>
    writeBrowserMovie(clip, path, { order: 'forward-reverse', signal }),
  );
}

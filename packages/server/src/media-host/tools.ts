import { findFfmpeg } from '@roto/inference';
import type { MediaCalls } from '../media/media-calls.ts';

/** Which ffmpeg there is. */
export async function tools(): Promise<MediaCalls['tools']['answer']> {
  const { version, source } = await findFfmpeg();
  return { version, source };
}

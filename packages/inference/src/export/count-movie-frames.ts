import { RotoError } from '@roto/sdk/contract';
import { runFfprobe } from '../media/ffprobe.ts';
import type { FfmpegTools } from '../media/find-ffmpeg.ts';

/**
 * Counts the pictures of a movie just made, packet by packet.
 * @throws RotoError `encode_failed` where it cannot be read back
 */
export async function countMovieFrames(
  tools: FfmpegTools,
  path: string,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  try {
    await runFfprobe({
      tools,
      path,
      signal,
      options: ['-select_streams', 'v:0', '-show_entries', 'packet=size', '-of', 'csv=p=0'],
      timeout: 30 * 60_000,
      onLine: (line) => {
        if (/^\d+/.test(line)) count += 1;
      },
    });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new RotoError('encode_failed', 'A movie just written could not be read back', { cause });
  }
  return count;
}

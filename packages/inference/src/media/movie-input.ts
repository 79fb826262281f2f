import type { FfmpegInput } from './ffmpeg.ts';
import { safeInput } from './ffprobe.ts';
import type { FfmpegTools } from './find-ffmpeg.ts';
import type { MovieProbe } from './probe.ts';

/** Options of the whole job that keep the file's own time stamps. */
export const keepStamps = ['-copyts'] as const;

/**
 * How ffmpeg opens a movie here: as stored (no turn of its own making), from the start or from the
 * key frame with time stamp `seekTo`, every decoded frame handed on.
 */
export function movieInput(movie: MovieProbe, seekTo?: number): FfmpegInput {
  const options = [...safeInput, '-noautorotate'];
  if (seekTo !== undefined) {
    options.push('-seek_timestamp', '1', '-noaccurate_seek', '-ss', seekSeconds(movie, seekTo));
  }
  return { from: movie.path, options };
}

/**
 * Seconds to ask for so that ffmpeg lands on the key frame itself: half a tick later against
 * rounding, and 3/23 s later for codecs that reorder, because ffmpeg takes those off again.
 */
function seekSeconds(movie: MovieProbe, stamp: number): string {
  const seconds = ((stamp + 0.5) * movie.timeBase.num) / movie.timeBase.den;
  return (seconds + (movie.reorders ? 3 / 23 : 0)).toFixed(6);
}

/** Output options that pass on each decoded frame exactly once, in the words of this build. */
export function eachFrameOnce(tools: FfmpegTools): readonly string[] {
  const release = /^n?(\d+)\.(\d+)/.exec(tools.version);
  const isNew =
    release === null
      ? (tools.year ?? 0) >= 2023
      : Number(release[1]) * 100 + Number(release[2]) >= 501;
  return isNew ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough'];
}

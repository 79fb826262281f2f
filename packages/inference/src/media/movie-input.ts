import type { FfmpegInput } from './ffmpeg.ts';
import { safeInput } from './ffprobe.ts';
import type { FfmpegTools } from './find-ffmpeg.ts';
import type { MovieProbe } from './probe.ts';

/** Options of the whole job that keep the file's own time stamps. */
export const keepStamps = ['-copyts'] as const;

/** Where decoding is to start. */
export interface SeekTarget {
  /** Time stamp of a key frame, in ticks of the stream. */
  readonly stamp: number;
  /** Seconds to ask for beyond it, so that ffmpeg lands on it in this file; see {@link seekDelays}. */
  readonly delay: number;
}

/**
 * How ffmpeg opens a movie here: as stored (no turn of its own making), from the start or from a key
 * frame, every decoded frame handed on.
 */
export function movieInput(movie: MovieProbe, seekTo?: SeekTarget): FfmpegInput {
  const options = [...safeInput, '-noautorotate'];
  if (seekTo !== undefined) {
    options.push('-seek_timestamp', '1', '-noaccurate_seek', '-ss', seekSeconds(movie, seekTo));
  }
  return { from: movie.path, options };
}

/**
 * What to add to a key frame's time to land on it. Where a codec reorders, ffmpeg takes 3/23 s off
 * before it seeks in some containers and not in others; which, only trying tells.
 */
export function seekDelays(movie: MovieProbe): readonly number[] {
  return movie.reorders ? [0, 3 / 23] : [0];
}

/** Rounded up to ffmpeg's microseconds, as an instant too early is the key frame before. */
function seekSeconds(movie: MovieProbe, { stamp, delay }: SeekTarget): string {
  const seconds = (stamp * movie.timeBase.num) / movie.timeBase.den + delay;
  return (Math.ceil(seconds * 1e6 - 1e-3) / 1e6).toFixed(6);
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

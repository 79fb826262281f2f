import type { FfmpegTools } from '../media/find-ffmpeg.ts';
import { eachFrameOnce } from '../media/movie-input.ts';

/**
 * Whether this build, one before 5.1, gives the last picture of unevenly spaced ones no length, so
 * that the edit list of a MOV or MP4 cuts it off and has to be left out.
 */
export function editListCutsLast(tools: FfmpegTools): boolean {
  return eachFrameOnce(tools)[0] !== '-fps_mode';
}

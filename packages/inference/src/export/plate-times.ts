import type { ClipInfo } from '../media/clip.ts';
import type { FfmpegTools } from '../media/find-ffmpeg.ts';
import { indexFrames } from '../media/frame-index.ts';
import { probeMovie } from '../media/probe.ts';
import type { WriterContext } from './writer.ts';

/** When the exported frames of a plate are shown, in seconds. */
export interface PlateTimes {
  /** Of each exported frame, from the first exported one on. */
  readonly seconds: Float64Array;
  /** Of the first exported frame, from the first of the clip on. */
  readonly start: number;
  /** From the first exported frame to the end of the last. */
  readonly duration: number;
}

/** Times of a whole clip, by the one description all outputs of a run share. */
const known = new WeakMap<ClipInfo, Promise<Float64Array | undefined>>();

/**
 * The times of the frames of a plate that are not evenly spaced; undefined for any other plate, and
 * where its file does not say them frame by frame.
 */
export async function plateTimes(
  tools: FfmpegTools,
  { clip, firstFrame, lastFrame, signal }: WriterContext,
): Promise<PlateTimes | undefined> {
  if (!clip.variableRate || clip.kind !== 'movie') return undefined;
  const listed = known.get(clip) ?? listTimes(tools, clip, signal);
  known.set(clip, listed);
  listed.catch(() => known.delete(clip));
  const all = await listed;
  const start = all?.[firstFrame - clip.firstFrame];
  const last = all?.[lastFrame - clip.firstFrame];
  if (all === undefined || start === undefined || last === undefined) return undefined;
  const seconds = all.slice(firstFrame - clip.firstFrame, lastFrame - clip.firstFrame + 1);
  // The last frame of a clip has no next one to end it: it lasts as long as frames do on average.
  const end = all[lastFrame - clip.firstFrame + 1] ?? last + clip.rate.den / clip.rate.num;
  return { seconds: seconds.map((time) => time - start), start, duration: end - start };
}

async function listTimes(
  tools: FfmpegTools,
  clip: ClipInfo,
  signal: AbortSignal,
): Promise<Float64Array | undefined> {
  const movie = await probeMovie(tools, clip.path, signal);
  const { stamps } = await indexFrames(tools, movie, signal);
  const [first = Number.NaN] = stamps;
  const tick = movie.timeBase.num / movie.timeBase.den;
  const times = stamps.map((stamp) => (stamp - first) * tick);
  const rising = times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0));
  const whole = times.length === clip.lastFrame - clip.firstFrame + 1;
  return rising && whole ? times : undefined;
}

import { type FfmpegInput, pipe } from '../media/ffmpeg.ts';
import type { FfmpegTools } from '../media/find-ffmpeg.ts';
import { eachFrameOnce } from '../media/movie-input.ts';
import { editListCutsLast } from './edit-lists.ts';
import type { MovieRecipe } from './movie-recipe.ts';
import { colorOptions } from './output-color.ts';
import type { PlateAudio } from './plate-audio.ts';
import type { PlateTimes } from './plate-times.ts';
import { stampText } from './stamp.ts';
import { timecodeAt } from './timecode.ts';
import { type TimedPictures, timedPictures, timedPicturesInput } from './timed-pictures.ts';
import type { WriterContext } from './writer.ts';

/** What a movie is made with. */
export interface MovieParts {
  readonly context: WriterContext;
  readonly recipe: MovieRecipe;
  readonly tools: FfmpegTools;
  readonly audio: PlateAudio | undefined;
  /** Undefined where frames are evenly spaced. */
  readonly times: PlateTimes | undefined;
}

/** The stream the pictures are piped in where each has a time of its own. */
export function timedStream({ recipe, times }: MovieParts): TimedPictures | undefined {
  if (times === undefined) return undefined;
  const { pixelFormat, coded, frameBytes } = recipe;
  return timedPictures(pixelFormat, coded, frameBytes, times.duration / times.seconds.length);
}

/** How ffmpeg is to read the pictures from its standard input. */
export function pictureInput({ context, recipe, times }: MovieParts): FfmpegInput {
  if (times !== undefined) {
    return { from: pipe, options: [...timedPicturesInput, ...colorOptions(recipe.color)] };
  }
  const { num, den } = context.clip.rate;
  const { width, height } = recipe.coded;
  return {
    from: pipe,
    options: [
      ...['-f', 'rawvideo', '-pix_fmt', recipe.pixelFormat, '-video_size', `${width}x${height}`],
      ...['-framerate', `${num}/${den}`, ...colorOptions(recipe.color)],
    ],
  };
}

/**
 * What ffmpeg makes of them. No clock, no build name goes into the file: the same frames give the
 * same bytes.
 */
export function movieOptions(parts: MovieParts): string[] {
  const { context, recipe, audio } = parts;
  const { num, den } = context.clip.pixelAspect;
  return [
    ...['-map', '0:v:0', ...(audio?.options ?? []), '-map_metadata', '-1', '-map_chapters', '-1'],
    ...['-vf', `setsar=sar=${num}/${den}:max=100000`, '-c:v', recipe.encoder, ...recipe.options],
    ...['-pix_fmt', recipe.pixelFormat, ...colorOptions(recipe.color)],
    ...['-metadata', `comment=${stampText(context.stamp)}`],
    ...(parts.times === undefined ? timecodeOptions(parts) : timingOptions(parts)),
    ...['-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact'],
    ...(recipe.container === 'webm' ? [] : ['-movflags', '+write_colr+faststart']),
    ...['-f', recipe.container],
  ];
}

/** MOV and MP4 have a track for timecode; WebM, like Matroska, a tag. */
function timecodeOptions({ context, recipe }: MovieParts): string[] {
  const timecode = timecodeAt(context.clip, context.firstFrame);
  if (timecode === undefined) return [];
  return recipe.container === 'webm'
    ? ['-metadata:s:v:0', `timecode=${timecode}`]
    : ['-timecode', timecode];
}

/**
 * Keeps the time of every picture, to 1/90000 s (WebM: 1/1000 s); timecode counts even frames and is
 * left out. Without an edit list a file cannot have pictures that are stored before they are shown.
 */
function timingOptions({ tools, recipe }: MovieParts): string[] {
  const kept = [...eachFrameOnce(tools), '-enc_time_base', '1/90000'];
  if (recipe.container === 'webm') return kept;
  kept.push('-video_track_timescale', '90000');
  if (!editListCutsLast(tools)) return kept;
  return [...kept, '-use_editlist', '0', ...(recipe.encoder === 'libx264' ? ['-bf', '0'] : [])];
}

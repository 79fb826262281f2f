import { type FrameRange, type FrameRate, RotoError } from '@roto/sdk/contract';
import type { Clip, ClipInfo } from './clip.ts';
import { clipOf } from './clip-of.ts';
import { decodeFrames, type IndexedMovie } from './decode-frames.ts';
import { deepPixels } from './deep-pixels.ts';
import { type FfmpegTools, findFfmpeg } from './find-ffmpeg.ts';
import { movieFingerprint } from './fingerprint.ts';
import { type FrameIndex, indexFrames } from './frame-index.ts';
import { type FrameTiming, frameTiming } from './frame-timing.ts';
import { movieColor } from './movie-color.ts';
import { type BackwardLimits, decodeFramesBackward } from './movie-frames.ts';
import { type MovieProbe, probeMovie } from './probe.ts';
import type { InputColorspace } from './view-transform.ts';

export interface OpenMovieOptions extends BackwardLimits {
  /** Found as {@link findFfmpeg} does unless given. */
  readonly tools?: FfmpegTools;
  /** Number of the first frame; 0 unless said. */
  readonly startFrame?: number | undefined;
  /** Frames the caller means to use; a file cut off after them is no error. */
  readonly range?: FrameRange | undefined;
  /** Movies have their own; asking for another one is warned of. */
  readonly rate?: FrameRate | undefined;
  /** Movies are shown as they say themselves; asking for a linear space is warned of. */
  readonly inputColorspace?: InputColorspace | undefined;
  readonly cacheDir?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of every frame that leaves a decoder, the ones on the way included. */
  readonly onDecoded?: () => void;
}

/**
 * Opens a movie file.
 * @param path absolute.
 * @throws RotoError `source_unreadable`, `source_has_no_video`, `source_too_small`, `source_truncated`
 */
export async function openMovie(path: string, options: OpenMovieOptions = {}): Promise<Clip> {
  const { cacheDir, signal } = options;
  const tools = options.tools ?? (await findFfmpeg({ cacheDir }));
  const movie = await probeMovie(tools, path, signal);
  const [index, fingerprint] = await Promise.all([
    indexFrames(tools, movie, signal),
    movieFingerprint(path, cacheDir, signal),
  ]);
  const info = movieInfo(movie, index, fingerprint, options);
  const source: IndexedMovie = {
    tools,
    movie,
    index,
    frameNumber: (position) => position + info.firstFrame,
    ...(options.onDecoded === undefined ? {} : { onDecoded: options.onDecoded }),
  };
  const deep = deepPixels(movie);
  return clipOf(info, async function* ({ first, last, direction, depth, signal: stop }) {
    const span = {
      first: first - info.firstFrame,
      last: last - info.firstFrame,
      depth: depth === 8 ? depth : deep.depth,
      signal: stop,
    };
    const frames =
      direction === 'forward'
        ? decodeFrames(source, span)
        : decodeFramesBackward(source, span, options);
    for await (const bytes of frames) {
      yield depth === 8 ? bytes : await deep.finish(bytes);
    }
  });
}

function movieInfo(
  movie: MovieProbe,
  index: FrameIndex,
  fingerprint: string,
  options: OpenMovieOptions,
): ClipInfo {
  const isTurned = movie.rotation % 180 !== 0;
  const firstFrame = options.startFrame ?? 0;
  const lastFrame = firstFrame + index.stamps.length - 1;
  if (index.truncated && (options.range === undefined || options.range.last > lastFrame)) {
    throw new RotoError(
      'source_truncated',
      `${movie.path} breaks off: its last whole frame is ${lastFrame}`,
      {
        param: 'source.path',
        hint: `Copy the file again, or work on a range up to frame ${lastFrame}.`,
      },
    );
  }
  const timing = frameTiming(index.stamps, movie);
  const { assumed } = movieColor(movie);
  return {
    path: movie.path,
    kind: 'movie',
    width: isTurned ? movie.storedHeight : movie.storedWidth,
    height: isTurned ? movie.storedWidth : movie.storedHeight,
    rate: timing.rate,
    firstFrame,
    lastFrame,
    missingFrames: [],
    bitDepth: movie.pixelFormat.bitDepth,
    hasAlpha: movie.pixelFormat.hasAlpha,
    pixelAspect: movie.pixelAspect,
    rotation: movie.rotation,
    variableRate: timing.isVariable,
    color: movie.color,
    viewTransform: assumed === '' ? 'display' : `display (${assumed})`,
    timecode: movie.timecode,
    hasAudio: movie.hasAudio,
    fingerprint,
    warnings: warningsOf(movie, index, timing, options),
  };
}

function warningsOf(
  movie: MovieProbe,
  index: FrameIndex,
  timing: FrameTiming,
  options: OpenMovieOptions,
): ClipInfo['warnings'] {
  const asked = options.rate ?? timing.rate;
  const all = [
    {
      code: 'source_truncated',
      isTrue: index.truncated,
      message: 'The file breaks off after its last frame here.',
    },
    {
      code: 'variable_rate',
      isTrue: timing.isVariable,
      message: 'Frames are not evenly spaced in time; outputs have one frame for each of them.',
    },
    {
      code: 'interlaced',
      isTrue: movie.interlaced,
      message: 'The clip is interlaced; fields are left woven together.',
    },
    {
      code: 'mirrored',
      isTrue: movie.mirrored,
      message: 'The file asks players to mirror the picture; frames are as stored, turned only.',
    },
    {
      code: 'input_colorspace_ignored',
      isTrue: /^(linear-rec709|acescg)$/.test(options.inputColorspace ?? 'auto'),
      message: 'Linear input is for picture sequences; the movie is shown as it says itself.',
    },
    {
      code: 'rate_ignored',
      isTrue: asked.num * timing.rate.den !== timing.rate.num * asked.den,
      message: 'A rate is for picture sequences; the movie keeps its own.',
    },
    {
      code: 'high_dynamic_range',
      isTrue: /^(smpte2084|arib-std-b67)$/.test(movie.color.transfer),
      message: 'The clip is HDR; the engine sees its code values without tone mapping.',
    },
  ];
  return all.filter(({ isTrue }) => isTrue).map(({ code, message }) => ({ code, message }));
}

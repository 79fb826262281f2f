import { RotoError } from '@roto/sdk/contract';
import { countMovieFrames } from '../export/count-movie-frames.ts';
import { requireEncoder } from '../export/encoders.ts';
import type { Clip, Frame } from '../media/clip.ts';
import { pipe, startFfmpeg } from '../media/ffmpeg.ts';
import { findFfmpeg } from '../media/find-ffmpeg.ts';

export interface BrowserMovieOptions {
  /** `forward-reverse` plays the clip, and then the same frames backwards. */
  readonly order?: 'forward' | 'forward-reverse';
  readonly signal: AbortSignal;
}

/** A movie that was written, and counted. Its size is even, as its pixels are subsampled. */
export interface BrowserMovie {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
}

/** Largest side that browsers decode everywhere. */
const largestSide = 4096;
const encoder = 'libx264';

/**
 * Writes a clip as an MP4 that every browser plays: H.264, frame `n` of it at `n` over the clip's
 * rate, each frame the one that the engine sees, and no sound. Short groups without B frames, so that
 * a player lands on the frame it is asked for.
 *
 * @param path written in place; nothing is to be there under that name before
 * @throws RotoError `encode_failed`, `ffmpeg_unusable`, `disk_full`; what the clip throws
 */
export async function writeBrowserMovie(
  clip: Clip,
  path: string,
  { order = 'forward', signal }: BrowserMovieOptions,
): Promise<BrowserMovie> {
  const tools = await findFfmpeg();
  await requireEncoder(tools, encoder);
  const { width, height, rate, firstFrame, lastFrame } = clip.info;
  const size = evenSize(width, height);
  const process = startFfmpeg({
    tools,
    inputs: [
      {
        from: pipe,
        options: [
          ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`],
          ...['-framerate', `${rate.num}/${rate.den}`],
        ],
      },
    ],
    outputs: [{ to: path, options: outputOptions(size, clip) }],
    signal,
    failure: { code: 'encode_failed', message: 'Could not write a movie for browsers' },
  });
  let taken: Promise<boolean> = Promise.resolve(true);
  for await (const frame of framesOf(clip, order, signal)) {
    if (!(await taken)) break;
    taken = send(process.stdin, frame);
  }
  await taken;
  process.stdin?.end();
  await process.done;
  const once = lastFrame - firstFrame + 1;
  const expected = order === 'forward' ? once : 2 * once;
  const frames = await countMovieFrames(tools, path, signal);
  if (frames === expected) return { ...size, frames };
  throw new RotoError(
    'encode_failed',
    `Expected a movie of ${expected} frames, and it has ${frames}`,
  );
}

async function* framesOf(
  clip: Clip,
  order: 'forward' | 'forward-reverse',
  signal: AbortSignal,
): AsyncGenerator<Frame, void, void> {
  yield* clip.frames({ signal });
  if (order === 'forward-reverse') yield* clip.frames({ direction: 'backward', signal });
}

function evenSize(width: number, height: number) {
  const factor = Math.min(1, largestSide / Math.max(width, height));
  const even = (side: number) => Math.max(2, 2 * Math.round((side * factor) / 2));
  return { width: even(width), height: even(height) };
}

function outputOptions(size: { width: number; height: number }, { info }: Clip): string[] {
  const { num, den } = info.pixelAspect;
  const filters = [
    `scale=${size.width}:${size.height}:out_color_matrix=bt709:out_range=tv`,
    'format=yuv420p',
    `setsar=${num}/${den}`,
  ];
  return [
    ...['-an', '-vf', filters.join(','), '-c:v', encoder, '-preset', 'veryfast', '-crf', '20'],
    ...['-bf', '0', '-g', '15', '-threads', '2'],
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'],
    ...['-color_range', 'tv', '-movflags', '+faststart', '-f', 'mp4'],
  ];
}

/** Resolves when the whole picture is in the pipe; false where ffmpeg has closed it. */
function send(
  stdin: NonNullable<ReturnType<typeof startFfmpeg>['stdin']> | undefined,
  { rgb }: Frame,
): Promise<boolean> {
  return new Promise((resolve) => {
    if (stdin === undefined) resolve(false);
    // Copied: the clip fills its ring anew while ffmpeg still reads.
    else stdin.write(Buffer.from(rgb), (error) => resolve(!error));
  });
}

import { pipe, startFfmpeg } from './ffmpeg.ts';
import type { FfmpegTools } from './find-ffmpeg.ts';
import { eachFrameOnce, keepStamps, movieInput, type SeekTarget } from './movie-input.ts';
import type { MovieProbe } from './probe.ts';

/** One frame as it left the decoder. */
export interface DecodedStamp {
  /** Ticks of the stream; NaN where there is none. */
  readonly stamp: number;
  readonly width: number;
  readonly height: number;
  readonly key: boolean;
}

/** Reads the line ffmpeg's `showinfo` filter logs for a frame. */
export function parseStamp(line: string): DecodedStamp | undefined {
  const found = /\bn: *\d+ pts: *(-?\d+|NOPTS) .*? s:(\d+)x(\d+) .*?iskey:(\d)/.exec(line);
  if (found === null) {
    return undefined;
  }
  return {
    stamp: found[1] === 'NOPTS' ? Number.NaN : Number(found[1]),
    width: Number(found[2]),
    height: Number(found[3]),
    key: found[4] === '1',
  };
}

export interface DecodeStampsOptions {
  readonly tools: FfmpegTools;
  readonly movie: MovieProbe;
  /** Key frame to start from; the start of the file unless given. */
  readonly seekTo?: SeekTarget | undefined;
  /** Stops after so many frames. */
  readonly limit?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes without converting or keeping pictures, and lists what came out, in order. A file that
 * breaks off gives the frames up to there.
 */
export async function decodeStamps(options: DecodeStampsOptions): Promise<DecodedStamp[]> {
  const { tools, movie, limit } = options;
  const stamps: DecodedStamp[] = [];
  const child = startFfmpeg({
    tools,
    options: keepStamps,
    inputs: [movieInput(movie, options.seekTo)],
    outputs: [
      {
        to: pipe,
        options: [
          ...['-map', `0:${movie.stream}`, ...eachFrameOnce(tools), '-vf', 'showinfo'],
          ...(limit === undefined ? [] : ['-frames:v', String(limit)]),
          ...['-f', 'null'],
        ],
      },
    ],
    signal: options.signal,
    failure: { code: 'source_unreadable', message: `Could not decode ${movie.path}` },
    onLogLine: (line) => {
      const stamp = parseStamp(line);
      if (stamp !== undefined) {
        stamps.push(stamp);
      }
      return stamp !== undefined;
    },
  });
  child.stdout?.resume();
  try {
    await child.done;
  } catch (error) {
    // ffmpeg may end with an error after decoding all it could; the list says how far it came.
    if (options.signal?.aborted || stamps.length === 0) {
      throw error;
    }
  }
  return limit === undefined ? stamps : stamps.slice(0, limit);
}

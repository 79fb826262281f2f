import { RotoError } from '@roto/sdk/contract';
import { type DecodedStamp, parseStamp } from './decode-stamps.ts';
import { type FfmpegProcess, pipe, startFfmpeg } from './ffmpeg.ts';
import type { FfmpegTools } from './find-ffmpeg.ts';
import { fixedBlocks } from './fixed-blocks.ts';
import { type FrameIndex, safeStart } from './frame-index.ts';
import { toDisplayedRgb } from './movie-color.ts';
import { eachFrameOnce, keepStamps, movieInput, type SeekTarget } from './movie-input.ts';
import type { MovieProbe } from './probe.ts';

/** A movie that is known frame by frame. */
export interface IndexedMovie {
  readonly tools: FfmpegTools;
  readonly movie: MovieProbe;
  readonly index: FrameIndex;
  /** Number of the frame at a position, for messages. */
  frameNumber(position: number): number;
  /** Told of every frame that left a decoder, wanted or not. */
  onDecoded?(): void;
}

export interface DecodeSpan {
  /** Positions in the order of display, both included. */
  readonly first: number;
  readonly last: number;
  /** Bits a channel. */
  readonly depth: 8 | 16;
  readonly signal: AbortSignal;
}

/**
 * Decodes the frames of a span in order, each as fresh bytes of displayed RGB (16 bits a channel in
 * little-endian order). Every frame is checked against the index by its time stamp; where a seek
 * does not land where it should, the movie is decoded from its start.
 * @throws RotoError `source_unreadable` naming the frame that did not come out.
 */
export async function* decodeFrames(
  source: IndexedMovie,
  span: DecodeSpan,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const start = safeStart(source.index, span.first);
  if (start > 0) {
    try {
      yield* decodeFrom(source, span, start);
      return;
    } catch (error) {
      if (!(error instanceof SeekMissed)) {
        throw error;
      }
    }
  }
  yield* decodeFrom(source, span, 0);
}

/** The decoder began after the key frame it was sent to. Thrown before any frame is given. */
class SeekMissed extends Error {}

async function* decodeFrom(
  source: IndexedMovie,
  span: DecodeSpan,
  start: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { movie, index } = source;
  const seekTo =
    start > 0 ? { stamp: index.stamps[start] ?? 0, delay: index.seekDelay } : undefined;
  const log = new StampLog(source, span, seekTo?.stamp);
  const child = startDecoder(source, span, seekTo, log);
  const ended = child.done.catch(() => {}).then(() => log.end());
  const frameBytes = movie.storedWidth * movie.storedHeight * 3 * (span.depth / 8);
  let position = span.first;
  try {
    for await (const bytes of child.stdout === undefined
      ? []
      : fixedBlocks(child.stdout, frameBytes)) {
      checkFrame(source, await log.next(), position);
      yield bytes;
      position++;
      if (position > span.last) {
        return;
      }
    }
    await child.done;
    await log.next();
    throw undecodable(source, position);
  } catch (error) {
    // Killing the child breaks its pipe; the abort is the reason, not the pipe.
    span.signal.throwIfAborted();
    throw error;
  } finally {
    child.kill();
    await ended;
  }
}

function startDecoder(
  source: IndexedMovie,
  span: DecodeSpan,
  seekTo: SeekTarget | undefined,
  log: StampLog,
): FfmpegProcess {
  const { tools, movie } = source;
  const filters = ['showinfo', trim(source.index, span), toDisplayedRgb(movie, span.depth)];
  return startFfmpeg({
    tools,
    options: keepStamps,
    inputs: [movieInput(movie, seekTo)],
    outputs: [
      {
        to: pipe,
        options: [
          ...['-map', `0:${movie.stream}`, ...eachFrameOnce(tools), '-vf', filters.join(',')],
          ...['-c:v', 'rawvideo', '-f', 'rawvideo'],
        ],
      },
    ],
    signal: span.signal,
    failure: { code: 'source_unreadable', message: `Could not decode ${movie.path}` },
    onLogLine: (line) => log.take(line),
  });
}

/** Keeps the span alone: by time stamp where they tell frames apart, else by counting. */
function trim({ seekable, stamps }: FrameIndex, { first, last }: DecodeSpan): string {
  return seekable
    ? `trim=start_pts=${stamps[first]}:end_pts=${(stamps[last] ?? 0) + 1}`
    : `trim=start_frame=${first}:end_frame=${last + 1}`;
}

function checkFrame(
  source: IndexedMovie,
  decoded: DecodedStamp | undefined,
  position: number,
): void {
  const { movie, index } = source;
  if (decoded === undefined || !Object.is(decoded.stamp, index.stamps[position])) {
    throw undecodable(source, position);
  }
  if (decoded.width !== movie.storedWidth || decoded.height !== movie.storedHeight) {
    throw new RotoError(
      'source_unreadable',
      `Frame ${source.frameNumber(position)} of ${movie.path} is ${decoded.width}x${decoded.height}, the frames before it ${movie.storedWidth}x${movie.storedHeight}`,
      {
        param: 'source.path',
        hint: 'Cut the clip where its size changes, or scale it to one size.',
      },
    );
  }
}

function undecodable(source: IndexedMovie, position: number): RotoError {
  const number = source.frameNumber(position);
  return new RotoError(
    'source_unreadable',
    `Frame ${number} of ${source.movie.path} cannot be decoded: the file is damaged there`,
    { param: 'source.path', hint: `Work on a range that leaves frame ${number} out.` },
  );
}

/** The frames a decoder says it gave, matched to the pictures that come by another pipe. */
class StampLog {
  readonly #source: IndexedMovie;
  readonly #span: DecodeSpan;
  readonly #seekTo: number | undefined;
  readonly #ready: DecodedStamp[] = [];
  #count = 0;
  #ended = false;
  #firstStamp: number | undefined;
  #wake: () => void = () => {};

  constructor(source: IndexedMovie, span: DecodeSpan, seekTo: number | undefined) {
    this.#source = source;
    this.#span = span;
    this.#seekTo = seekTo;
  }

  /** Whether the line was about a frame. */
  take(line: string): boolean {
    const decoded = parseStamp(line);
    if (decoded === undefined) {
      return false;
    }
    this.#source.onDecoded?.();
    const position = this.#count++;
    this.#firstStamp ??= decoded.stamp;
    const { seekable, stamps } = this.#source.index;
    const { first } = this.#span;
    if (seekable ? decoded.stamp >= (stamps[first] ?? 0) : position >= first) {
      this.#ready.push(decoded);
      this.#wake();
    }
    return true;
  }

  /** Nothing more will be logged. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /**
   * The next frame of the span; ffmpeg logs a frame before it writes it. Undefined after the end.
   * @throws SeekMissed
   */
  async next(): Promise<DecodedStamp | undefined> {
    if (this.#ready.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#seekTo !== undefined && !((this.#firstStamp ?? this.#seekTo) <= this.#seekTo)) {
      throw new SeekMissed();
    }
    return this.#ready.shift();
  }
}

import { type FrameRange, RotoError } from '@roto/sdk/contract';
import { stopError, throwIfStopped } from '../stop.ts';
import type { Clip, ClipInfo, DeepFrame, Frame, ReadFramesOptions } from './clip.ts';
import { readAhead } from './read-ahead.ts';

/** Frames by number, in the order asked, each as bytes of displayed RGB at `depth` bits. */
export type ReadPictures = (request: {
  readonly first: number;
  readonly last: number;
  readonly direction: 'forward' | 'backward';
  readonly depth: 8 | 16;
  readonly signal: AbortSignal;
}) => AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>;

/** Frames decoded ahead of the reader, besides the one it holds. */
const aheadBytes = 64 * 2 ** 20;

/**
 * Makes a clip of a reader of pictures: numbers the frames, checks ranges, reads a little ahead, and
 * stops what is running when the reader leaves, the signal aborts or the clip is closed.
 */
export function clipOf(info: ClipInfo, read: ReadPictures): Clip {
  const closing = new AbortController();

  async function* pictures(
    options: ReadFramesOptions,
    depth: 8 | 16,
  ): AsyncGenerator<{ number: number; bytes: Uint8Array<ArrayBuffer> }, void, void> {
    const { first, last } = rangeOf(info, options.range);
    const direction = options.direction ?? 'forward';
    const leaving = new AbortController();
    const signal = AbortSignal.any(
      [closing.signal, leaving.signal, options.signal].filter((each) => each !== undefined),
    );
    throwIfStopped(signal);
    const frameBytes = info.width * info.height * 3 * (depth / 8);
    const ahead = Math.min(2, Math.floor(aheadBytes / frameBytes), last - first);
    const frames = readAhead(read({ first, last, direction, depth, signal }), ahead);
    try {
      let number = direction === 'forward' ? first : last;
      for await (const bytes of frames) {
        signal.throwIfAborted();
        yield { number, bytes };
        number += direction === 'forward' ? 1 : -1;
      }
    } catch (error) {
      throw options.signal?.aborted ? stopError(options.signal) : error;
    } finally {
      leaving.abort();
      await frames.return().catch(() => {});
    }
  }

  return {
    info,
    async *frames(options = {}) {
      for await (const { number, bytes } of pictures(options, 8)) {
        yield frameOf(info, number, bytes);
      }
    },
    async *deepFrames(options = {}) {
      for await (const { number, bytes } of pictures(options, 16)) {
        yield deepFrameOf(info, number, bytes);
      }
    },
    async frame(number, signal) {
      const range = { first: number, last: number };
      const options = signal === undefined ? { range } : { range, signal };
      for await (const { bytes } of pictures(options, 8)) {
        return frameOf(info, number, bytes);
      }
      throw new RotoError('internal', `Frame ${number} of ${info.path} did not come`);
    },
    close() {
      closing.abort(new RotoError('internal', `The clip ${info.path} was closed`));
      return Promise.resolve();
    },
  };
}

function frameOf(info: ClipInfo, number: number, rgb: Uint8Array): Frame {
  return { number, width: info.width, height: info.height, rgb };
}

function deepFrameOf(info: ClipInfo, number: number, bytes: Uint8Array<ArrayBuffer>): DeepFrame {
  const rgb = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  return { number, width: info.width, height: info.height, rgb };
}

function rangeOf(info: ClipInfo, range: FrameRange | undefined): FrameRange {
  const { first, last } = range ?? { first: info.firstFrame, last: info.lastFrame };
  const isInside = info.firstFrame <= first && first <= last && last <= info.lastFrame;
  if (!(isInside && Number.isInteger(first) && Number.isInteger(last))) {
    const asked = first === last ? `frame ${first}` : `frames ${first} to ${last}`;
    throw new RotoError(
      'frame_out_of_range',
      `Asked for ${asked} of ${info.path}, which has ${info.firstFrame} to ${info.lastFrame}`,
      { hint: 'Frame numbers are those of the source; both ends are included.' },
    );
  }
  return { first, last };
}

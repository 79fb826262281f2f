import { type DecodeSpan, decodeFrames, type IndexedMovie } from './decode-frames.ts';
import { keyAtOrBefore } from './frame-index.ts';
import { openSpool } from './spool.ts';

/** How much a backward reader may hold at once. */
export interface BackwardLimits {
  /** Frames kept in memory; 96 MiB of them unless said, between 4 and 64. */
  readonly memoryFrames?: number;
  /** Frames kept on disk where a group of pictures is longer than that; 8 GiB unless said. */
  readonly spoolFrames?: number;
}

const memoryBytes = 96 * 2 ** 20;
const spoolBytes = 8 * 2 ** 30;

/** Shorter chunks would spend more on the way to them than on themselves. */
const shortestChunk = 48;

/**
 * Decodes the frames of a span from the last to the first. Works in chunks that begin at key
 * frames: one that fits in memory is held there, a longer one goes through a file. A frame is
 * decoded at most twice: as part of its chunk, and on the way to the chunk after it.
 */
export async function* decodeFramesBackward(
  source: IndexedMovie,
  span: DecodeSpan,
  limits: BackwardLimits = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { storedWidth, storedHeight } = source.movie;
  const frameBytes = storedWidth * storedHeight * 3 * (span.depth / 8);
  const memoryFrames =
    limits.memoryFrames ?? Math.min(64, Math.max(4, Math.floor(memoryBytes / frameBytes)));
  const spoolFrames = limits.spoolFrames ?? Math.max(64, Math.floor(spoolBytes / frameBytes));
  let last = span.last;
  while (last >= span.first) {
    const first = chunkStart(source, span.first, last, { memoryFrames, spoolFrames });
    const frames = decodeFrames(source, { ...span, first, last });
    if (last - first < memoryFrames) {
      yield* reversed(frames);
    } else {
      yield* reversedOnDisk(frames, frameBytes);
    }
    last = first - 1;
  }
}

/** First position of the chunk that ends at `last`: whole groups, as many as memory holds. */
function chunkStart(
  { index }: IndexedMovie,
  first: number,
  last: number,
  limits: Required<BackwardLimits>,
): number {
  let at = keyAtOrBefore(index, last);
  const length = (key: number) => last - (index.keys[key] ?? 0) + 1;
  while (at > 0 && (length(at) < shortestChunk || length(at - 1) <= limits.memoryFrames)) {
    at--;
  }
  return Math.max(first, index.keys[at] ?? 0, last - limits.spoolFrames + 1);
}

async function* reversed(
  frames: AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const held: Uint8Array<ArrayBuffer>[] = [];
  for await (const bytes of frames) {
    held.push(bytes);
  }
  for (let bytes = held.pop(); bytes !== undefined; bytes = held.pop()) {
    yield bytes;
  }
}

async function* reversedOnDisk(
  frames: AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>,
  frameBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const spool = await openSpool(frameBytes);
  try {
    let count = 0;
    for await (const bytes of frames) {
      await spool.append(bytes);
      count++;
    }
    for (let position = count - 1; position >= 0; position--) {
      yield await spool.read(position);
    }
  } finally {
    await spool.close();
  }
}

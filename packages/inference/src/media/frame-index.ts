import { RotoError } from '@roto/sdk/contract';
import { type DecodedStamp, decodeStamps } from './decode-stamps.ts';
import type { FfmpegTools } from './find-ffmpeg.ts';
import { seekDelays } from './movie-input.ts';
import { listPackets, type PacketList } from './packet-list.ts';
import type { MovieProbe } from './probe.ts';

/** Every frame of a movie in the order it is shown. Positions count from 0. */
export interface FrameIndex {
  /** Time stamp of each frame in ticks of the stream; NaN where the file has none. */
  readonly stamps: Float64Array;
  /** Positions of key frames, rising; always holds 0. */
  readonly keys: Int32Array;
  /** Whether frames can be told by their stamps, so that decoding may start in the middle. */
  readonly seekable: boolean;
  /** Seconds to ask for beyond a key frame's time to land on it. */
  readonly seekDelay: number;
  /** Whether the file was meant to go on after its last frame here. */
  readonly truncated: boolean;
}

const headFrames = 24;

/**
 * Lists the frames of a movie that really come out of the decoder.
 *
 * The packets' stamps, read without decoding, are believed where the decoder gives exactly those
 * frames at the head and at the tail of the file (a file that was cut off shows at its tail). Where
 * the two differ (no stamps, hidden or split frames) the whole file is decoded once and the
 * decoder's own list is taken.
 * @throws RotoError `source_unreadable`
 */
export async function indexFrames(
  tools: FfmpegTools,
  movie: MovieProbe,
  signal?: AbortSignal,
): Promise<FrameIndex> {
  const packets = await listPackets(tools, movie, { signal });
  const cut =
    packets.lastDamaged ||
    (packets.count < (movie.declaredFrames ?? 0) && !(await isTrimmed(tools, movie, signal))) ||
    endsEarly(movie, packets);
  const listed = packets.stamped ? indexPackets(packets, cut) : undefined;
  if (listed !== undefined && listed.stamps.length > 0) {
    const checked = await checkEnds(tools, movie, listed, signal);
    if (checked !== undefined) {
      return checked;
    }
  }
  const decoded = await decodeStamps({ tools, movie, signal });
  if (decoded.length === 0) {
    throw new RotoError('source_unreadable', `No frame of ${movie.path} can be decoded`, {
      param: 'source.path',
      hint: 'The file may be cut off or empty, or its codec unknown to this ffmpeg.',
    });
  }
  return indexDecoded(decoded, movie, listed, cut);
}

/**
 * Position decoding may start from to give `position` and all after it whole: the start, or the key
 * frame before the last one at or before it. That one more group of pictures takes care of pictures
 * that lean on the group before (open GOP) and of streams that refresh bit by bit.
 */
export function safeStart(index: FrameIndex, position: number): number {
  if (!index.seekable) {
    return 0;
  }
  const at = keyAtOrBefore(index, position);
  return at < 2 ? 0 : (index.keys[at - 1] ?? 0);
}

/** Index into `keys` of the last key frame at or before `position`. */
export function keyAtOrBefore(index: FrameIndex, position: number): number {
  let [low, high] = [0, index.keys.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((index.keys[middle] ?? 0) <= position) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** An edit list may hide packets on purpose; without it all that was declared is there. */
async function isTrimmed(
  tools: FfmpegTools,
  movie: MovieProbe,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const all = await listPackets(tools, movie, { signal, extra: ['-ignore_editlist', '1'] });
  return all.count >= (movie.declaredFrames ?? 0);
}

/** Whether the packets stop well before the duration the header promises. */
function endsEarly(movie: MovieProbe, packets: PacketList): boolean {
  if (movie.declaredFrames !== undefined || movie.declaredDuration === undefined) {
    return false;
  }
  // Durations are of the longest stream and rounded; half a second is beyond both.
  return packets.end + 0.5 < movie.declaredDuration;
}

/** In a cut file, frames shown after the last whole packet's decoding time may have gaps. */
function indexPackets(packets: PacketList, cut: boolean): FrameIndex {
  const limit = cut ? (packets.lastDecodeStamp ?? Number.POSITIVE_INFINITY) : undefined;
  const kept = packets.stamps.filter((stamp) => limit === undefined || stamp <= limit);
  const stamps = Float64Array.from(kept).sort();
  const positions = new Map(Array.from(stamps, (stamp, position) => [stamp, position]));
  const keys = packets.keyStamps.flatMap((stamp) => positions.get(stamp) ?? []);
  return { stamps, keys: keyPositions(keys), seekable: true, seekDelay: 0, truncated: cut };
}

function keyPositions(positions: readonly number[]): Int32Array {
  return Int32Array.from([...new Set([0, ...positions])]).sort();
}

/**
 * Compares the list with what the decoder gives at both ends. Gives the list, cut where the tail
 * breaks off; undefined where they tell different stories.
 */
async function checkEnds(
  tools: FfmpegTools,
  movie: MovieProbe,
  listed: FrameIndex,
  signal: AbortSignal | undefined,
): Promise<FrameIndex | undefined> {
  const { index, start, tail } = await decodeTail(tools, movie, listed, signal);
  const first = listed.stamps[start] ?? 0;
  const agreed = agreement(listed.stamps.subarray(start), tail, first);
  if (agreed === undefined || agreed === 0) {
    return undefined;
  }
  if (start > 0) {
    const head = await decodeStamps({ tools, movie, limit: headFrames, signal });
    const expected = listed.stamps.subarray(0, head.length);
    if (agreement(expected, head, Number.NEGATIVE_INFINITY) !== head.length) {
      return undefined;
    }
  }
  const count = start + agreed;
  if (count === listed.stamps.length) {
    return index;
  }
  return {
    ...index,
    stamps: listed.stamps.slice(0, count),
    keys: index.keys.filter((key) => key < count),
    truncated: true,
  };
}

interface Tail {
  readonly index: FrameIndex;
  /** Position the tail starts from. */
  readonly start: number;
  readonly tail: readonly DecodedStamp[];
}

/**
 * Decodes the last groups of pictures, and finds out on the way how to seek in this file. Where no
 * way of asking lands on the key frame or before it, the file is only ever read from its start.
 */
async function decodeTail(
  tools: FfmpegTools,
  movie: MovieProbe,
  listed: FrameIndex,
  signal: AbortSignal | undefined,
): Promise<Tail> {
  const start = safeStart(listed, listed.stamps.length - 1);
  const stamp = listed.stamps[start] ?? 0;
  const before = listed.keys[keyAtOrBefore(listed, start) - 1];
  let early: Tail | undefined;
  for (const delay of start > 0 ? seekDelays(movie) : []) {
    const tail = await decodeStamps({ tools, movie, seekTo: { stamp, delay }, signal });
    const landed = tail[0]?.stamp ?? Number.POSITIVE_INFINITY;
    const found = { index: { ...listed, seekDelay: delay }, start, tail };
    if (landed <= stamp) {
      if (before === undefined || landed > (listed.stamps[before] ?? 0)) {
        return found;
      }
      early ??= found;
    }
  }
  if (early !== undefined) {
    return early;
  }
  const tail = await decodeStamps({ tools, movie, signal });
  const keys = Int32Array.of(0);
  return { index: start > 0 ? { ...listed, keys, seekable: false } : listed, start: 0, tail };
}

/**
 * How many of the listed stamps the decoder gave, in order and without a gap, from `first` on;
 * undefined where it gave others. A cut file may give broken frames after the last listed one.
 */
function agreement(
  listed: Float64Array,
  decoded: readonly DecodedStamp[],
  first: number,
): number | undefined {
  let count = 0;
  for (const { stamp } of decoded) {
    if (stamp < first || count === listed.length) {
      continue;
    }
    if (stamp !== listed[count]) {
      return undefined;
    }
    count++;
  }
  return count;
}

/**
 * The decoder's own list. In the MOV family one packet is one frame, so the first listed frame that
 * did not come out is where the file is damaged.
 */
function indexDecoded(
  decoded: readonly DecodedStamp[],
  movie: MovieProbe,
  listed: FrameIndex | undefined,
  cut: boolean,
): FrameIndex {
  let count = decoded.length;
  const isMov = movie.container.includes('mov');
  if (isMov && listed !== undefined) {
    const differs = listed.stamps.findIndex((stamp, at) => decoded[at]?.stamp !== stamp);
    count = differs > 0 ? Math.min(differs, count) : count;
  }
  return {
    stamps: Float64Array.from(decoded.slice(0, count), ({ stamp }) => stamp),
    keys: Int32Array.of(0),
    seekable: false,
    seekDelay: 0,
    truncated: cut || count < decoded.length || (isMov && count < (listed?.stamps.length ?? 0)),
  };
}

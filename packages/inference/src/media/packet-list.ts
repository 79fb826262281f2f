import { RotoError } from '@roto/sdk/contract';
import { runFfprobe } from './ffprobe.ts';
import type { FfmpegTools } from './find-ffmpeg.ts';
import type { MovieProbe } from './probe.ts';

/** What is in a movie's file, packet by packet, read without decoding. */
export interface PacketList {
  /** Time stamps of the packets that are shown, in the order of the file. */
  readonly stamps: readonly number[];
  /** Those of them that are key frames. */
  readonly keyStamps: readonly number[];
  /** Whether every shown packet has a time stamp, and no two the same. */
  readonly stamped: boolean;
  /** Packets of the picture, the ones an edit list hides included. */
  readonly count: number;
  /** Decoding stamp of the last packet that is whole; undefined where there are none. */
  readonly lastDecodeStamp: number | undefined;
  /** Whether the last packet breaks off. */
  readonly lastDamaged: boolean;
  /** Where the last packet of any stream ends, in seconds. */
  readonly end: number;
}

const timeout = 30 * 60_000;
const maxFrames = 10_000_000;

/**
 * Lists a movie's packets.
 * @param extra further options for ffprobe, such as `-ignore_editlist 1`.
 * @throws RotoError `source_unreadable`
 */
export async function listPackets(
  tools: FfmpegTools,
  movie: MovieProbe,
  options: { readonly signal?: AbortSignal | undefined; readonly extra?: readonly string[] } = {},
): Promise<PacketList> {
  const stamps: number[] = [];
  const keyStamps: number[] = [];
  let [count, end, unstamped] = [0, 0, 0];
  let lastDecodeStamp: number | undefined;
  let lastDamaged = false;
  await runFfprobe({
    tools,
    path: movie.path,
    options: [
      ...(options.extra ?? []),
      ...['-show_entries', 'packet=stream_index,pts,dts,pts_time,dts_time,duration_time,flags'],
      ...['-of', 'compact=p=0'],
    ],
    signal: options.signal,
    timeout,
    onLine: (line) => {
      const packet = parsePacket(line);
      end = Math.max(end, packet.end);
      if (packet.stream !== movie.stream || count > maxFrames) {
        return;
      }
      count++;
      lastDamaged = packet.flags.includes('C');
      if (!(lastDamaged || Number.isNaN(packet.dts))) {
        lastDecodeStamp = packet.dts;
      }
      if (packet.flags.includes('D')) {
        return;
      }
      stamps.push(packet.pts);
      unstamped += Number.isNaN(packet.pts) ? 1 : 0;
      if (packet.flags.includes('K')) {
        keyStamps.push(packet.pts);
      }
    },
  });
  if (count > maxFrames) {
    throw new RotoError('source_unreadable', `${movie.path} has more than ${maxFrames} frames`, {
      param: 'source.path',
    });
  }
  const stamped = unstamped === 0 && new Set(stamps).size === stamps.length;
  return { stamps, keyStamps, stamped, count, lastDecodeStamp, lastDamaged, end };
}

/** One line of ffprobe's compact writer: `stream_index=0|pts=1001|dts=0|…|flags=K_`. */
function parsePacket(line: string) {
  const fields = new Map(
    line.split('|').map((field) => {
      const at = field.indexOf('=');
      return [field.slice(0, at), field.slice(at + 1)] as const;
    }),
  );
  const number = (name: string) => {
    const text = fields.get(name);
    return text === undefined || text === 'N/A' ? Number.NaN : Number(text);
  };
  return {
    stream: number('stream_index'),
    pts: number('pts'),
    dts: number('dts'),
    end: (number('pts_time') || number('dts_time') || 0) + (number('duration_time') || 0),
    flags: fields.get('flags') ?? '',
  };
}

import { once } from 'node:events';
import { pipe, startFfmpeg } from '../../src/media/ffmpeg.ts';
import { findFfmpeg } from '../../src/media/find-ffmpeg.ts';

export interface WriteMovieOptions {
  readonly width: number;
  readonly height: number;
  /** RGB, 8 bits a channel, rows from the top: one array for each frame, in order. */
  readonly frames: Iterable<Uint8Array>;
  /** Frames a second; 24 unless said. */
  readonly rate?: string;
  /** Options of the encoder; H.264 that loses next to nothing, tagged Rec.709, unless said. */
  readonly encode?: readonly string[];
}

const almostLossless = [
  ...['-vf', 'scale=in_range=pc:out_range=tv:out_color_matrix=bt709,format=yuv420p'],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '8'],
  ...['-color_range', 'tv', '-colorspace', 'bt709'],
  ...['-color_primaries', 'bt709', '-color_trc', 'bt709', '-movflags', '+faststart'],
];

/** Writes frames as a movie; the container goes by the ending of `path`. */
export async function writeMovie(path: string, options: WriteMovieOptions): Promise<void> {
  const { width, height, rate = '24', encode = almostLossless } = options;
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', rate];
  const job = startFfmpeg({
    tools: await findFfmpeg(),
    inputs: [{ from: pipe, options: raw }],
    outputs: [{ to: path, options: encode }],
    failure: { code: 'encode_failed', message: `Could not write ${path}` },
  });
  for (const frame of options.frames) {
    if (job.stdin?.write(frame) === false) await Promise.race([once(job.stdin, 'drain'), job.done]);
  }
  job.stdin?.end();
  await job.done;
}

import { spawn } from 'node:child_process';
import { RotoError } from '@roto/sdk/contract';
import { childEnvironment, fileUrl, lastComplaint, splitLines } from './ffmpeg.ts';
import type { FfmpegTools } from './find-ffmpeg.ts';

export interface FfprobeJob {
  readonly tools: FfmpegTools;
  readonly path: string;
  /** What to show and how, one array element for each argument. */
  readonly options: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the file is given up; 60 s unless said. */
  readonly timeout?: number;
  /** Told of every line of output as it comes. */
  readonly onLine: (line: string) => void;
}

/**
 * Formats that hold one clip in one file. Left out are those that name other files or devices
 * (playlists, concat scripts, SDP, pictures by pattern), so that a stranger's clip cannot make
 * ffmpeg read anything but itself, and text formats, which take any text for a film.
 */
const containers = [
  'mov,mp4,matroska,webm,avi,mxf,mpegts,mpeg,mpegvideo,m4v,h263,h264,hevc,vvc,obu,av1,ivf,flv,asf',
  'ogg,gif,apng,dv,nut,gxf,rm,wtv,vob,yuv4mpegpipe,mjpeg,mjpeg_2000,swf,bink,r3d,webp_pipe,cavs,vc1',
].join(',');

/** Options every file is opened with, by ffmpeg and ffprobe alike. */
export const safeInput = ['-format_whitelist', containers, '-max_pixels', '268435456'] as const;

const defaultTimeout = 60_000;
const tailLength = 4096;

/**
 * Runs ffprobe on one file and hands over its output line by line.
 * @throws RotoError `source_unreadable` with ffprobe's own words, or after the timeout.
 */
export function runFfprobe(job: FfprobeJob): Promise<void> {
  job.signal?.throwIfAborted();
  const args = ['-hide_banner', '-loglevel', 'level+error', ...safeInput];
  args.push('-protocol_whitelist', 'file', ...job.options, '-i', fileUrl(job.path));
  const child = spawn(job.tools.ffprobe, args, {
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const output = splitLines(job.onLine);
  child.stdout.setEncoding('utf8').on('data', output.push).on('end', output.end);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-tailLength);
  });
  const timeout = AbortSignal.timeout(job.timeout ?? defaultTimeout);
  const stop = job.signal === undefined ? timeout : AbortSignal.any([job.signal, timeout]);
  const kill = () => child.kill('SIGKILL');
  stop.addEventListener('abort', kill, { once: true });
  return new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new RotoError('ffmpeg_unusable', `Could not start ${job.tools.ffprobe}`, { cause }));
    });
    child.once('close', (status, signalName) => {
      if (job.signal?.aborted) {
        reject(job.signal.reason);
      } else if (timeout.aborted) {
        reject(unreadable(job.path, 'reading it took too long'));
      } else if (status === 0) {
        resolve();
      } else {
        reject(
          unreadable(job.path, lastComplaint(log) ?? `ffprobe ended with ${signalName ?? status}`),
        );
      }
    });
  }).finally(() => stop.removeEventListener('abort', kill));
}

function unreadable(path: string, said: string): RotoError {
  const reason = said.startsWith(fileUrl(path)) ? said.slice(fileUrl(path).length + 2) : said;
  return new RotoError('source_unreadable', `Could not read ${path} as a clip: ${reason}`, {
    param: 'source.path',
    hint: 'Expected a movie ffmpeg can read, or a sequence of PNG, JPEG, TIFF or EXR pictures.',
  });
}

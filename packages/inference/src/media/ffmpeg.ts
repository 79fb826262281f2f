import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type ErrorCode, RotoError } from '@roto/sdk/contract';
import type { FfmpegTools } from './find-ffmpeg.ts';

/** Stands for the child's standard input or output in {@link FfmpegJob}. */
export const pipe = Symbol('pipe');

/** A file by its plain path (any characters), {@link pipe}, or a filter graph that makes pictures. */
export type FfmpegSource = string | typeof pipe | { readonly lavfi: string };

export interface FfmpegInput {
  readonly from: FfmpegSource;
  /** Options before `-i`, one array element for each argument. */
  readonly options?: readonly string[];
}

export interface FfmpegOutput {
  readonly to: string | typeof pipe;
  /** Options before the output, one array element for each argument. */
  readonly options?: readonly string[];
}

export interface FfmpegJob {
  readonly tools: FfmpegTools;
  readonly inputs: readonly FfmpegInput[];
  readonly outputs: readonly FfmpegOutput[];
  /** Options before everything else, such as `-filter_complex`. */
  readonly options?: readonly string[];
  /** Kills the child. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told of every line ffmpeg logs (at level `info` where this is given, else `error`); lines it
   * says true to are not kept for {@link FfmpegProcess.stderr}.
   */
  readonly onLogLine?: (line: string) => boolean;
  /** Code and opening of the sentence where the child fails; ffmpeg's own last words follow. */
  readonly failure: { readonly code: ErrorCode; readonly message: string };
}

export interface FfmpegProcess {
  /** Undefined unless an input is {@link pipe}. Write errors are kept quiet: `done` tells of them. */
  readonly stdin: Writable | undefined;
  /** Undefined unless an output is {@link pipe}. */
  readonly stdout: Readable | undefined;
  /**
   * Settles when the child is gone and its pipes are drained: rejects with the job's failure where
   * the exit status is not 0, and with the signal's reason after an abort.
   */
  readonly done: Promise<void>;
  /** Ends the child at once; `done` then resolves, for it was the caller who wanted no more. */
  kill(): void;
  /** The last 16 KiB the child wrote to its standard error. */
  stderr(): string;
}

const stderrTail = 16 * 1024;

/**
 * The environment ffmpeg and ffprobe run in. The static builds npm brings crash on transport streams
 * where they find character set modules made for another C library, so they are shown none.
 */
export function childEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GCONV_PATH: '/nonexistent' };
}

/** Name ffmpeg takes for exactly this file, whatever characters its path has. */
export function fileUrl(path: string): string {
  return `file:${path}`;
}

/**
 * Starts one ffmpeg by argument array: no shell, no terminal, only the `file` and `pipe` protocols,
 * existing files overwritten (callers write to names of their own making).
 */
export function startFfmpeg(job: FfmpegJob): FfmpegProcess {
  const usesStdin = job.inputs.some((input) => input.from === pipe);
  const usesStdout = job.outputs.some((output) => output.to === pipe);
  job.signal?.throwIfAborted();
  const child = spawn(job.tools.ffmpeg, ffmpegArguments(job, usesStdin), {
    env: childEnvironment(),
    stdio: [usesStdin ? 'pipe' : 'ignore', usesStdout ? 'pipe' : 'ignore', 'pipe'],
    windowsHide: true,
  });
  let tail = '';
  const lines = splitLines((line) => {
    if (job.onLogLine?.(line) !== true) {
      tail = `${tail}${line}\n`.slice(-stderrTail);
    }
  });
  child.stderr?.setEncoding('utf8').on('data', lines.push).on('end', lines.end);
  // A child that dies first breaks the pipe; its exit status says more than EPIPE does.
  child.stdin?.on('error', () => {});

  let killed = false;
  const kill = () => {
    killed = true;
    child.stdout?.destroy();
    child.kill('SIGKILL');
  };
  job.signal?.addEventListener('abort', kill, { once: true });
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new RotoError('ffmpeg_unusable', `Could not start ${job.tools.ffmpeg}`, { cause }));
    });
    child.once('close', (status, signalName) => {
      if (job.signal?.aborted) {
        reject(job.signal.reason);
      } else if (killed || status === 0) {
        resolve();
      } else {
        reject(failureOf(job, tail, signalName ?? `status ${status}`));
      }
    });
  }).finally(() => job.signal?.removeEventListener('abort', kill));
  // Callers may look at `done` only after draining stdout; that must not count as unhandled.
  done.catch(() => {});
  return {
    stdin: child.stdin ?? undefined,
    stdout: child.stdout ?? undefined,
    done,
    kill,
    stderr: () => tail,
  };
}

/** Starts one ffmpeg with no pipes and waits for its end. */
export async function runFfmpeg(job: FfmpegJob): Promise<void> {
  await startFfmpeg(job).done;
}

function ffmpegArguments(job: FfmpegJob, usesStdin: boolean): string[] {
  const level = job.onLogLine === undefined ? 'level+error' : 'level+info';
  const args = ['-hide_banner', '-loglevel', level, '-nostats', '-y'];
  if (!usesStdin) {
    args.push('-nostdin');
  }
  args.push(...(job.options ?? []));
  for (const input of job.inputs) {
    args.push(...inputArguments(input));
  }
  for (const output of job.outputs) {
    args.push(...(output.options ?? []));
    args.push(output.to === pipe ? 'pipe:1' : fileUrl(output.to));
  }
  return args;
}

function inputArguments({ from, options = [] }: FfmpegInput): string[] {
  if (from === pipe) {
    return [...options, '-protocol_whitelist', 'pipe', '-i', 'pipe:0'];
  }
  if (typeof from === 'object') {
    return [...options, '-f', 'lavfi', '-i', from.lavfi];
  }
  return [...options, '-protocol_whitelist', 'file,pipe', '-i', fileUrl(from)];
}

/** The sentence for a person: ours, then the last of ffmpeg's own that says what went wrong. */
function failureOf(job: FfmpegJob, tail: string, status: string): RotoError {
  if (/No space left on device/i.test(tail)) {
    return new RotoError('disk_full', `${job.failure.message}: no space left on the device`, {
      hint: 'Free some space, then run again; what was tracked is kept.',
      cause: new Error(tail),
    });
  }
  const said = lastComplaint(tail) ?? `ffmpeg ended with ${status}`;
  return new RotoError(job.failure.code, `${job.failure.message}: ${said}`, {
    cause: new Error(tail.trim() || `ffmpeg ended with ${status}`),
  });
}

/** Last line at level `error` or worse, without its `[component @ address] [level]` marks. */
export function lastComplaint(log: string): string | undefined {
  const lines = log.split('\n').filter((line) => /\[(error|fatal|panic)\]/.test(line));
  const marks = /^(\[[^\]]*\] *)+/;
  return lines.at(-1)?.replace(marks, '').trim().slice(0, 300) || undefined;
}

/** Cuts text that comes in pieces into lines, at `\n` and at `\r`. */
export function splitLines(onLine: (line: string) => void) {
  let rest = '';
  return {
    push(text: string): void {
      const parts = (rest + text).split(/[\r\n]+/);
      rest = parts.pop() ?? '';
      for (const line of parts) {
        onLine(line);
      }
    },
    end(): void {
      if (rest !== '') {
        onLine(rest);
      }
      rest = '';
    },
  };
}

import { type Io, writeLine } from './io.ts';
import { formatBytes, formatSeconds } from './quantities.ts';
import { canRedraw } from './reporter.ts';

/** Shows how much of a file is there, on stderr. */
export interface ByteProgress {
  show(progress: {
    readonly done: number;
    readonly total: number;
    readonly waiting?: boolean;
  }): void;
  /** Ends the display; nothing is written afterwards. */
  close(): void;
}

interface ByteProgressOptions {
  /** What is fetched or copied. */
  readonly name: string;
  readonly quiet: boolean;
  /** False with `--no-input`: nobody is watching. */
  readonly input: boolean;
  readonly now?: () => number;
}

/** One line that is drawn again before a terminal, else a line every 10 %. */
export function createByteProgress(io: Io, options: ByteProgressOptions): ByteProgress {
  if (options.quiet) return { show: () => undefined, close: () => undefined };
  const { name, now = () => performance.now() } = options;
  const redraw = canRedraw(io, options);
  let began: { readonly ms: number; readonly done: number } | undefined;
  let tenths = -1;
  let drawn = false;
  return {
    show({ done, total, waiting = false }) {
      began ??= { ms: now(), done };
      const reached = total === 0 ? 10 : Math.floor((done * 10) / total);
      if (!redraw && reached <= tenths) return;
      tenths = reached;
      const rate = waiting ? 0 : ((done - began.done) * 1000) / Math.max(1, now() - began.ms);
      const line = progressLine({ name, done, total, waiting, rate });
      if (redraw) io.stderr.write(`\r\u001b[K${line}`);
      else writeLine(io.stderr, line);
      drawn = redraw;
    },
    close() {
      if (drawn) io.stderr.write('\n');
      drawn = false;
    },
  };
}

interface Progress {
  readonly name: string;
  readonly done: number;
  readonly total: number;
  readonly waiting: boolean;
  /** Bytes a second; 0 where it is not known. */
  readonly rate: number;
}

function progressLine({ name, done, total, waiting, rate }: Progress): string {
  const percent = total === 0 ? 100 : Math.floor((done * 100) / total);
  const details = [`${formatBytes(done)} of ${formatBytes(total)}`];
  if (waiting) details.push('another process fetches it');
  if (rate > 0 && done < total) {
    details.push(`${formatBytes(rate)}/s`, `${formatSeconds((total - done) / rate)} left`);
  }
  return `${name} ${percent} % (${details.join(', ')})`;
}

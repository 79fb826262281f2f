import type { FrameRange, RunEvent } from '@roto/sdk/contract';
import { envValue, type Io } from './io.ts';
import { createJsonStreamReporter } from './json-stream-reporter.ts';
import type { OutputMode } from './output-mode.ts';
import { createTextReporter } from './text-reporter.ts';

/** Shows how a run is going, on stderr or, as events, on stdout. */
export interface Reporter {
  onEvent(event: RunEvent): void;
  /** Ends the display; nothing is written afterwards. */
  close(): Promise<void>;
}

/** How progress is to be shown. */
export interface ReporterOptions {
  readonly mode: OutputMode;
  readonly quiet: boolean;
  /** False with `--no-input`: nobody is watching. */
  readonly input: boolean;
  /** Frames of the run, where they are known before it starts. */
  readonly range?: FrameRange;
}

/** The reporter for this terminal, pipe or log. */
export async function createReporter(io: Io, options: ReporterOptions): Promise<Reporter> {
  if (options.mode === 'json-stream') return createJsonStreamReporter(io);
  if (options.quiet) return quietReporter;
  if (!canRedraw(io, options)) return createTextReporter(io);
  // Ink and React take a while to load: only a run that is watched waits for them.
  const { createInkReporter } = await import('./ink-reporter.tsx');
  return createInkReporter(io, options.range);
}

/** Whether stderr is a terminal with somebody before it, in which lines may be drawn again. */
export function canRedraw(io: Io, options: Pick<ReporterOptions, 'quiet' | 'input'>): boolean {
  const ci = envValue(io, 'CI');
  const inCi = ci !== undefined && ci !== '0' && ci.toLowerCase() !== 'false';
  return (
    io.stderr.isTTY === true &&
    !inCi &&
    envValue(io, 'TERM') !== 'dumb' &&
    !options.quiet &&
    options.input
  );
}

const quietReporter: Reporter = {
  onEvent: () => undefined,
  close: () => Promise.resolve(),
};

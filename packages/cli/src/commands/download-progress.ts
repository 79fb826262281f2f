import { transferEvents } from '../backend/remote/transfer-events.ts';
import type { Io } from '../io/io.ts';
import type { OutputMode } from '../io/output-mode.ts';
import { createReporter } from '../io/reporter.ts';
import { displayOptions } from './shared-options.ts';

/** Shows how far a download is, as runs show theirs. */
export async function downloadProgress(
  io: Io,
  mode: OutputMode,
  options: Parameters<typeof displayOptions>[0],
) {
  const reporter = await createReporter(io, { mode, ...displayOptions(options) });
  return {
    tell: transferEvents('download', (event) => reporter.onEvent(event)),
    close: () => reporter.close(),
  };
}

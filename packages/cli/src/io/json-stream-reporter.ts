import { type Io, writeLine } from './io.ts';
import type { Reporter } from './reporter.ts';

/** One JSON event a line on stdout; the result and the error are written where they arise. */
export function createJsonStreamReporter(io: Io): Reporter {
  return {
    onEvent: (event) => writeLine(io.stdout, JSON.stringify(event)),
    close: () => Promise.resolve(),
  };
}

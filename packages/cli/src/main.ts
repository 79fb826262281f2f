import { CommanderError } from 'commander';
import type { LoadBackend } from './backend/backend.ts';
import { loadLocalBackend } from './backend/local.ts';
import { type ExitName, exitCodes, exitStatusOf } from './errors/exit-codes.ts';
import { toRotoError } from './errors/to-roto-error.ts';
import type { Io } from './io/io.ts';
import { printError } from './io/output.ts';
import { outputModeOf } from './io/output-mode.ts';
import { createProgram } from './program.ts';

/** What a run of the CLI stands on, where it is not the real thing. */
export interface MainOptions {
  readonly loadBackend?: LoadBackend;
}

/**
 * Runs one command line and gives its exit status. Every failure is caught here, written to stdout
 * or stderr in the form asked for, and turned into a status; nothing here ends the process.
 */
export async function main(
  argv: readonly string[],
  io: Io,
  { loadBackend = loadLocalBackend }: MainOptions = {},
): Promise<number> {
  let end: ExitName = 'ok';
  const program = createProgram({ io, loadBackend }, (name) => {
    end = name;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCodes[end].status;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.ok.status;
    const error = toRotoError(thrown, io.signal);
    printError(io, outputModeOf(argv), error);
    return exitStatusOf(error);
  }
}

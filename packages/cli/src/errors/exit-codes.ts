import type { ErrorKind, RotoError } from '@roto/sdk/contract/errors';

/** How a run of the CLI can end. */
export type ExitName = 'ok' | ErrorKind;

/**
 * The one table of exit statuses: code, help, docs and tests all read it.
 */
export const exitCodes = {
  ok: { status: 0, meaning: 'Everything asked for was done.' },
  failed: {
    status: 1,
    meaning: 'The work failed: a full disk, an encoder, a fault in roto.',
  },
  usage: { status: 2, meaning: 'A wrong argument or bad input: nothing was written.' },
  auth: { status: 3, meaning: 'Not signed in to a server, and --local was not given.' },
  quota: { status: 4, meaning: 'The account has not enough credits left.' },
  network: { status: 5, meaning: 'The server cannot be reached or took too long.' },
  engine: {
    status: 6,
    meaning: "This machine's engine cannot work: model, device or ffmpeg.",
  },
  interrupted: { status: 130, meaning: 'Stopped by Ctrl-C (SIGINT); the track so far is kept.' },
  terminated: { status: 143, meaning: 'Stopped by SIGTERM; the track so far is kept.' },
} as const satisfies Record<ExitName, { status: number; meaning: string }>;

/** The exit status that belongs to an error: its kind decides. */
export function exitStatusOf(error: RotoError): number {
  return exitCodes[error.kind].status;
}

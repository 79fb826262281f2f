import { RotoError } from '@roto/sdk/contract';

/** The error a stopped job ends with: the signal's own reason where it is ours, else `interrupted`. */
export function stopError(signal: AbortSignal): RotoError {
  const reason: unknown = signal.reason;
  if (reason instanceof RotoError) return reason;
  return new RotoError('interrupted', 'The work was stopped.', { cause: reason });
}

/** @throws RotoError `interrupted`, or the signal's own reason */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw stopError(signal);
}

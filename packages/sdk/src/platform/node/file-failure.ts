import { RotoError } from '../../contract/errors.ts';

const full = new Set(['ENOSPC', 'EDQUOT']);

/** A failed write as `disk_full` or `output_unwritable`; what is no such failure, as it is. */
export function writeFailure(cause: unknown, path: string): unknown {
  const code = errnoOf(cause);
  if (cause instanceof RotoError || code === undefined) return cause;
  return full.has(code)
    ? new RotoError('disk_full', `There is no room left to write ${path}.`, { cause })
    : new RotoError('output_unwritable', `${path} cannot be written (${code}).`, { cause });
}

/** `ENOENT` and its like. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

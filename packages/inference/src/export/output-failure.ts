import { RotoError } from '@roto/sdk/contract';

const hints: Readonly<Record<string, string>> = {
  disk_full: 'Free some space, then run again; what was tracked is kept.',
  output_unwritable: 'Choose a folder that can be written with -o.',
};

const codes: Readonly<Record<string, 'disk_full' | 'output_unwritable'>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  ENOENT: 'output_unwritable',
  EACCES: 'output_unwritable',
  EPERM: 'output_unwritable',
  EROFS: 'output_unwritable',
  ENOTDIR: 'output_unwritable',
  EEXIST: 'output_unwritable',
  EISDIR: 'output_unwritable',
  ENAMETOOLONG: 'output_unwritable',
  ELOOP: 'output_unwritable',
};

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  ENOENT: 'the folder is not there, or cannot be made',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'something else is there',
  EISDIR: 'a folder is there',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links go round in a circle',
};

/**
 * What a failed file operation on an output means to a person: `disk_full`, `output_unwritable`, or
 * the error itself where it is none of the two.
 */
export function outputFailure(cause: unknown, path: string): unknown {
  const errno = errnoOf(cause);
  const code = errno === undefined ? undefined : codes[errno];
  if (errno === undefined || code === undefined) return cause;
  return new RotoError(code, `Could not write ${path}: ${reasons[errno] ?? errno}`, {
    hint: hints[code] ?? '',
    cause,
  });
}

/** The `code` of a Node system error: `ENOSPC`. */
export function errnoOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : undefined;
}

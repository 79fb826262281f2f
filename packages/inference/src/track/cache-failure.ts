import { RotoError } from '@roto/sdk/contract';

/** Turns what the file system says of the cache into one of our errors. */
export function cacheFailure(cause: unknown, folder: string): unknown {
  const code = codeOf(cause);
  const hint = 'Free some space, or put the cache elsewhere with --cache or ROTO_CACHE_DIR.';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new RotoError('disk_full', `The disk of the track cache ${folder} is full.`, {
      hint,
      cause,
    });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR') {
    return new RotoError('output_unwritable', `The track cache ${folder} cannot be written.`, {
      param: 'cache',
      hint: 'Put it elsewhere with --cache or ROTO_CACHE_DIR.',
      cause,
    });
  }
  return cause;
}

function codeOf(cause: unknown): unknown {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  // Making a folder and those above it, Node says that it is not there where the disk is read-only.
  const isMkdir = 'syscall' in cause && cause.syscall === 'mkdir';
  return isMkdir && cause.code === 'ENOENT' ? 'EROFS' : cause.code;
}

/** Runs work on the cache and speaks of its failures in our words. */
export async function guardCache<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cacheFailure(cause, folder);
  }
}

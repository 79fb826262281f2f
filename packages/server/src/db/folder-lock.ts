import { constants, existsSync } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RotoError } from '@roto/sdk/contract';

/** The file of the lock, in its folder. */
const lockName = 'roto.lock';

/** Gives a lock back; may be called again. */
export type Unlock = () => void;

/**
 * Takes a data folder for this process alone. The lock is the kernel's, through an SQLite file that
 * is held exclusively: it goes with the process, however that ends, and leaves no stale mark.
 *
 * @param folder made where it is missing
 * @throws RotoError `data_locked` where another process, or this one, has it already,
 * `invalid_config` where it cannot be written
 */
export async function lockFolder(folder: string): Promise<Unlock> {
  const lock = await openLock(folder);
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive');
  } catch (cause) {
    lock.close();
    throw new RotoError('data_locked', `Another roto process has the data folder ${folder} open.`, {
      hint: 'Stop it, or give this one another folder or a DATABASE_URL.',
      cause,
    });
  }
  return () => {
    if (lock.isOpen) lock.close();
  };
}

async function openLock(folder: string): Promise<DatabaseSync> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new DatabaseSync(join(folder, lockName));
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/**
 * Whether a data folder can be taken, and made where it is missing: looks, and changes nothing.
 * @param isLocked whether it has to be free of other processes
 * @throws RotoError `invalid_config`, `data_locked`
 */
export async function checkDataFolder(
  folder: string,
  { isLocked }: { readonly isLocked: boolean },
): Promise<void> {
  const nearest = nearestThere(folder);
  try {
    if (!(await stat(nearest)).isDirectory()) throw new Error('no folder');
    await access(nearest, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  if (!isLocked || !existsSync(join(folder, lockName))) return;
  const unlock = await lockFolder(folder);
  unlock();
}

function nearestThere(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestThere(dirname(path));
}

function unwritable(folder: string, cause: unknown): RotoError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no folder';
  const message = `The data folder ${folder} cannot be written (${reason}).`;
  return new RotoError('invalid_config', message, {
    param: 'ROTO_DATA',
    hint: 'Give roto a folder of its own.',
    cause,
  });
}

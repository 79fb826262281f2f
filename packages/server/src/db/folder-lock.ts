import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RotoError } from '@roto/sdk/contract';

/** Gives a lock back; may be called again. */
export type Unlock = () => void;

/**
 * Takes a data folder for this process alone. The lock is the kernel's, through an SQLite file that
 * is held exclusively: it goes with the process, however that ends, and leaves no stale mark.
 *
 * @param folder made where it is missing
 * @throws RotoError `data_locked` where another process, or this one, has it already
 */
export async function lockFolder(folder: string): Promise<Unlock> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(folder, 'roto.lock'));
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

import { join } from 'node:path';
import { PGlite, type PGliteOptions, types } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import { fromPglite } from 'pg-boss';
import type { Database } from './database.ts';
import { lockFolder, type Unlock } from './folder-lock.ts';
import { wholeNumber } from './whole-number.ts';

/** Options of every PGlite: whole numbers come as `pg` gives them here. */
const options: PGliteOptions = { parsers: { [types.INT8]: wholeNumber } };

/**
 * Opens the embedded Postgres in `<folder>/database`, for this process alone.
 * @throws RotoError `data_locked`
 */
export async function openPgliteFolder(folder: string): Promise<Database> {
  const unlock = await lockFolder(folder);
  try {
    return await overPglite(
      await PGlite.create({ ...options, dataDir: join(folder, 'database') }),
      unlock,
    );
  } catch (error) {
    unlock();
    throw error;
  }
}

/** An embedded Postgres in memory; `image` is a data folder that another one was dumped to. */
export async function openPgliteInMemory(image?: Blob): Promise<Database> {
  return overPglite(
    await PGlite.create({ ...options, ...(image === undefined ? {} : { loadDataDir: image }) }),
  );
}

/** Also gives the instance to the callback of tests that dump it. */
export function overPglite(pglite: PGlite, unlock: Unlock = () => undefined): Database {
  return {
    kind: 'pglite',
    db: new Kysely({ dialect: new PGliteDialect({ pglite }) }),
    queue: fromPglite(pglite),
    listen: (channel, onMessage) => pglite.listen(channel, onMessage),
    async close() {
      // Not `db.destroy()`: it leaves an instance open that it has not asked yet.
      if (!pglite.closed) await pglite.close();
      unlock();
    },
  };
}

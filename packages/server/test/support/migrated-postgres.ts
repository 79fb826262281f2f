import { migrate } from '../../src/db/migrate.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { installQueue } from '../../src/jobs/queue.ts';
import { startPostgres } from './postgres-server.ts';

/** A Postgres of its own with a database that was migrated, for benches. */
export interface MigratedPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts one; it forgets nothing it need not, so nothing waits for its disk. */
export async function startMigratedPostgres(): Promise<MigratedPostgres> {
  const server = await startPostgres();
  try {
    const url = await server.createDatabase('roto');
    const database = openPostgres(url);
    await migrate(database.db);
    await installQueue(database);
    await database.close();
    return { url, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

import { type ConfigFlags, type Environment, readConfig } from '../config.ts';
import { migrate } from '../db/migrate.ts';
import { installQueue } from '../jobs/queue.ts';
import { createLog } from '../log.ts';
import { openDatabase } from '../open-service.ts';

/**
 * Brings the configured database up to date, its queues too, and gives the names of the migrations
 * that ran.
 * @throws RotoError `invalid_config`, `data_locked`
 */
export async function migrateDatabase(
  env: Environment,
  flags: ConfigFlags,
  cwd: string,
): Promise<string[]> {
  const config = readConfig(env, flags, cwd);
  const database = await openDatabase(config, createLog(config.logLevel));
  try {
    const ran = await migrate(database.db);
    await installQueue(database);
    return ran;
  } finally {
    await database.close();
  }
}

import { RotoError } from '@roto/sdk/contract';
import type { Database } from './database.ts';
import { pendingMigrations } from './migrate.ts';

/** @throws RotoError `invalid_config` where the database waits for migrations */
export async function requireMigrated({ db }: Pick<Database, 'db'>): Promise<void> {
  const { length } = await pendingMigrations(db);
  if (length === 0) return;
  throw new RotoError('invalid_config', `The database waits for ${length} migrations.`, {
    hint: 'Run roto migrate.',
  });
}

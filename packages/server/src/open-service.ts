import { join } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import { type App, createApp } from './app.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { migrate, pendingMigrations } from './db/migrate.ts';
import { openPgliteFolder } from './db/pglite.ts';
import { openPostgres } from './db/postgres.ts';
import type { AppDeps } from './deps.ts';
import { installQueue, openQueue } from './jobs/queue.ts';
import { createHandlers } from './jobs/registry.ts';
import { startTimetable } from './jobs/timetable.ts';
import { startWorker } from './jobs/worker.ts';
import type { Log } from './log.ts';
import { createFolderMailer } from './mail/folder.ts';
import { secretKeyOf } from './secret-key.ts';
import { createAccessTokens } from './services/access-tokens.ts';
import { createFileGrants } from './storage/file-grants.ts';
import { openStorage } from './storage/open-storage.ts';

/** What a service is opened on. */
export interface ServiceOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** Origin that links open where no frontend and no public address is configured. */
  readonly ownOrigin: () => string;
}

/** The service without a socket: what `roto serve` puts one in front of, and tests ask directly. */
export interface Service {
  readonly app: App;
  readonly deps: AppDeps;
  /** Waits for jobs under way, then closes the database. */
  close(): Promise<void>;
}

/**
 * Opens the configured database.
 * @throws RotoError `data_locked`, `invalid_config` where Postgres waits for `roto migrate`
 */
export async function openDatabase(config: Config, log: Log): Promise<Database> {
  const { databaseUrl, data } = config;
  if (databaseUrl === undefined) return openPgliteFolder(data);
  const onError = (error: Error) => log.warn({ err: error }, 'a database connection was lost');
  return openPostgres(databaseUrl, { onError });
}

/** Puts the service together on an open database, which it closes in the end. */
export async function openService(database: Database, options: ServiceOptions): Promise<Service> {
  const { config, clock, log, ownOrigin } = options;
  await bringUpToDate(database);
  const queue = await openQueue(database, log);
  const secrets = [await secretKeyOf(config), config.previousSecretKey].filter(
    (secret) => secret !== undefined,
  );
  const [secret = '', ...previous] = secrets;
  const accessTokens = createAccessTokens([secret, ...previous], clock);
  const grants = createFileGrants([secret, ...previous]);
  const origin = () => config.publicUrl ?? ownOrigin();
  const storage = await openStorage({ config, clock, grants, origin });
  const { db } = database;
  const deps: AppDeps = { config, database, db, queue, clock, log, accessTokens, storage, grants };
  const mailer = createFolderMailer({
    folder: join(config.data, 'mails'),
    from: config.mailFrom,
    clock,
    log,
  });
  const linkOrigin = () => config.frontendUrl ?? config.publicUrl ?? ownOrigin();
  await startWorker({ queue, log, handlers: createHandlers({ ...deps, mailer, linkOrigin }) });
  const stopTimetable = startTimetable({ queue, log });
  return {
    app: createApp(deps),
    deps,
    async close() {
      stopTimetable();
      await queue.stop();
      await database.close();
    },
  };
}

/** The embedded database migrates itself; Postgres, which others use too, is migrated by command. */
async function bringUpToDate(database: Database): Promise<void> {
  if (database.kind === 'pglite') {
    await migrate(database.db);
    await installQueue(database);
    return;
  }
  const pending = await pendingMigrations(database.db);
  if (pending.length === 0) return;
  throw new RotoError('invalid_config', `The database waits for ${pending.length} migrations.`, {
    hint: 'Run roto migrate.',
  });
}

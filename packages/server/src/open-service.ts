import { type App, createApp } from './app.ts';
import { createStripe } from './billing/stripe.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { migrate } from './db/migrate.ts';
import { openPostgres } from './db/postgres.ts';
import { dropLostKeys } from './db/queries/idempotency-keys.ts';
import { previewAnswerChannel } from './db/queries/preview-requests.ts';
import { taskChannel } from './db/queries/task-events.ts';
import { requireMigrated } from './db/require-migrated.ts';
import { requireReachable } from './db/require-reachable.ts';
import type { AppDeps } from './deps.ts';
import { installQueue, openQueue, type Queue } from './jobs/queue.ts';
import { createHandlers } from './jobs/registry.ts';
import { startTimetable } from './jobs/timetable.ts';
import { startWorker } from './jobs/worker.ts';
import type { Log } from './log.ts';
import { createMailer } from './mail/create-mailer.ts';
import { secretKeyOf } from './secret-key.ts';
import { createAccessTokens } from './services/access-tokens.ts';
import { openNews } from './services/news.ts';
import { directLane, remoteLane } from './services/preview-lane.ts';
import { startTaskSweeper } from './services/task-sweeper.ts';
import { createWrongPasswords } from './services/wrong-passwords.ts';
import { createFileGrants } from './storage/file-grants.ts';
import { openStorage } from './storage/open-storage.ts';
import { createWebhookPoster } from './webhooks/post-webhook.ts';
import { startTaskWorker } from './worker/start-task-worker.ts';
import type { TaskWorker } from './worker/task-worker.ts';

/** What a service is opened on. */
export interface ServiceOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Whether tasks are run in this process where the database is embedded; so unless said. On Postgres
   * `roto worker` runs them.
   */
  readonly work?: boolean;
  /** Milliseconds that a preview waits for a host; those of the lane unless said. */
  readonly previewPatienceMs?: number;
  /** Origin that links open where no frontend and no public address is configured. */
  readonly ownOrigin: () => string;
}

/** The service without a socket: what `roto serve` puts one in front of, and tests ask directly. */
export interface Service {
  readonly app: App;
  readonly deps: AppDeps;
  /** The worker in this process, where there is one. */
  readonly worker: TaskWorker | undefined;
  /** Ends replies that go on for as long as somebody listens; the rest goes on. */
  endStreams(): void;
  /** Waits for jobs under way, then closes the database. */
  close(): Promise<void>;
}

/**
 * Opens the configured database.
 * @throws RotoError `data_locked`, `invalid_config` where Postgres cannot be asked
 */
export async function openDatabase(config: Config, log: Log): Promise<Database> {
  const { databaseUrl, data } = config;
  if (databaseUrl === undefined) {
    // Loaded where it is used: on Postgres it would be memory for nothing.
    const { openPgliteFolder } = await import('./db/pglite.ts');
    return openPgliteFolder(data);
  }
  const onError = (error: Error) => log.warn({ err: error }, 'a database connection was lost');
  const database = openPostgres(databaseUrl, { onError });
  try {
    await requireReachable(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * Puts the service together on an open database, which it closes in the end.
 * @throws RotoError `invalid_config` where Postgres waits for `roto migrate`, or files cannot be written
 */
export async function openService(database: Database, options: ServiceOptions): Promise<Service> {
  await bringUpToDate(database);
  const queue = await openQueue(database, options.log);
  try {
    return await putTogether(database, queue, options);
  } catch (error) {
    // Its timers would keep a process that does not start.
    await queue.stop();
    throw error;
  }
}

async function putTogether(
  database: Database,
  queue: Queue,
  { config, clock, log, ownOrigin, work = true, previewPatienceMs: patienceMs }: ServiceOptions,
): Promise<Service> {
  const secrets = [await secretKeyOf(config), config.previousSecretKey].filter(
    (secret) => secret !== undefined,
  );
  const [secret = '', ...previous] = secrets;
  const accessTokens = createAccessTokens([secret, ...previous], clock);
  const grants = createFileGrants([secret, ...previous]);
  const origin = () => config.publicUrl ?? ownOrigin();
  const storage = await openStorage({ config, clock, grants, origin });
  const { db } = database;
  const basis = { config, database, db, queue, clock, log, storage };
  const closing = new AbortController();
  const news = await openNews(database, taskChannel, log);
  const worker = work && database.kind === 'pglite' ? await startTaskWorker(basis) : undefined;
  const answers = await openNews(database, previewAnswerChannel, log);
  const previews = worker
    ? directLane(worker.previews, patienceMs)
    : remoteLane({ db, clock, news: answers, patienceMs });
  const stopSweeper = startTaskSweeper({ db, queue, clock, log });
  const deps: AppDeps = {
    ...basis,
    accessTokens,
    wrongPasswords: createWrongPasswords(),
    grants,
    previews,
    news,
    closing: closing.signal,
    stripe: config.stripe === undefined ? undefined : createStripe(config.stripe),
    linkOrigin: () => config.frontendUrl ?? config.publicUrl ?? ownOrigin(),
  };
  const poster = createWebhookPoster(config.privateWebhooks);
  const mailer = createMailer(config, { clock, log });
  await startWorker({ queue, log, handlers: createHandlers({ ...deps, mailer, poster }) });
  const stopTimetable = startTimetable({ queue, log });
  return {
    app: createApp(deps),
    deps,
    worker,
    endStreams: () => closing.abort(),
    async close() {
      stopTimetable();
      closing.abort();
      await stopSweeper();
      await worker?.stop();
      await Promise.all([news.close(), answers.close()]);
      await queue.stop();
      await poster.close();
      await database.close();
    },
  };
}

/** The embedded database migrates itself; Postgres, which others use too, is migrated by command. */
async function bringUpToDate(database: Database): Promise<void> {
  if (database.kind === 'pglite') {
    await migrate(database.db);
    await installQueue(database);
    await dropLostKeys(database.db);
    return;
  }
  await requireMigrated(database);
}

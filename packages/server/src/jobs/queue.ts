import { sql } from 'kysely';
import { fromKysely, PgBoss } from 'pg-boss';
import type { Database } from '../db/database.ts';
import type { Trx } from '../db/types.ts';
import type { Log } from '../log.ts';
import { type JobName, type JobPayloads, type JobSpec, jobNames, jobs } from './jobs.ts';

/** What an enqueue may say beside the payload. */
export interface EnqueueOptions {
  /** Higher ones first; 0 unless said. */
  readonly priority?: number;
  readonly startAfter?: Date;
  /** At most one job with this key waits or runs at a time. */
  readonly singletonKey?: string;
  /** Jobs of a group may be passed over together. */
  readonly group?: string;
  /** Attempts after the first one; those of the job's name unless said. */
  readonly retries?: number;
}

/** The queue as services use it. */
export interface Queue {
  /**
   * Adds a job within the caller's transaction: it is there when that commits, and not otherwise.
   * @returns the job's id
   */
  enqueue<N extends JobName>(
    trx: Trx,
    name: N,
    payload: JobPayloads[N],
    options?: EnqueueOptions,
  ): Promise<string>;
  /** The queue itself, for workers and the page about them. Never inside a transaction. */
  readonly boss: PgBoss;
  /** Waits for jobs that run here, then stops; `timeoutMs` is how long at most. */
  stop(timeoutMs?: number): Promise<void>;
}

/** Jobs that ran are kept for a week, those that failed show why. */
const keptSeconds = 7 * 24 * 60 * 60;

function bossOver(database: Database, options: { readonly migrate: boolean }): PgBoss {
  return new PgBoss({
    db: database.queue,
    backend: database.kind,
    migrate: options.migrate,
    createSchema: options.migrate,
    schedule: false,
    // The embedded database has one connection: the installer must not be asked by timers.
    supervise: !options.migrate,
    // A worker that was killed is noticed that much later than its heartbeat says.
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
  });
}

/**
 * Makes or brings up to date the tables of the queue, and one queue a job. Part of migrating, and
 * not of the start: a queue that is made after the start is not in the cache, and the first
 * enqueue inside a transaction would wait for ever on the embedded database.
 */
export async function installQueue(database: Database): Promise<void> {
  const boss = bossOver(database, { migrate: true });
  boss.on('error', () => undefined);
  await boss.start();
  try {
    for (const name of jobNames) {
      const options = queueOptions(jobs[name]);
      if ((await boss.getQueue(name)) === null) await boss.createQueue(name, options);
      else await boss.updateQueue(name, options);
    }
    // The order in which jobs are fetched: without it a fetch sorts all that wait.
    await sql`create index if not exists roto_job_turns
      on pgboss.job_common (name, priority desc, created_on, id)
      where state < 'active' and not blocked`.execute(database.db);
  } finally {
    await boss.stop({ graceful: false, close: false });
  }
}

function queueOptions({ retries, retryDelay, timeout, heartbeat }: JobSpec<unknown>) {
  return {
    retryLimit: retries,
    retryDelay,
    retryBackoff: true,
    expireInSeconds: timeout,
    deleteAfterSeconds: keptSeconds,
    ...(heartbeat === undefined ? {} : { heartbeatSeconds: heartbeat }),
  };
}

/** Starts the queue on a database that was migrated. */
export async function openQueue(database: Database, log: Log): Promise<Queue> {
  const boss = bossOver(database, { migrate: false });
  boss.on('error', (error) => log.error({ err: error }, 'the queue failed at its upkeep'));
  await boss.start();
  return {
    boss,
    async enqueue(trx, name, payload, { group, retries, ...options } = {}) {
      const id = await boss.send(name, jobs[name].payload.parse(payload), {
        ...options,
        ...(group === undefined ? {} : { group: { id: group } }),
        ...(retries === undefined ? {} : { retryLimit: retries }),
        db: fromKysely(trx),
      });
      if (id === null) throw new Error(`A ${name} job with this key is in the queue already.`);
      return id;
    },
    stop: (timeoutMs = 30_000) => boss.stop({ graceful: true, timeout: timeoutMs, close: false }),
  };
}

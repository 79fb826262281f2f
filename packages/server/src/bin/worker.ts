import { RotoError } from '@roto/sdk/contract';
import { systemClock } from '../clock.ts';
import { type ConfigFlags, type Environment, examineEnvironment } from '../config.ts';
import { openQueue } from '../jobs/queue.ts';
import { createLog, type Log } from '../log.ts';
import { openDatabase } from '../open-service.ts';
import { requireAll } from '../require-all.ts';
import { secretKeyOf } from '../secret-key.ts';
import { startChecks } from '../start-checks.ts';
import { createFileGrants } from '../storage/file-grants.ts';
import { openStorage } from '../storage/open-storage.ts';
import { startTaskWorker } from '../worker/start-task-worker.ts';

/** How a worker is started. */
export interface WorkOptions {
  readonly env: Environment;
  /** Folder that a relative data folder starts from. */
  readonly cwd: string;
  readonly flags?: ConfigFlags;
  /** Made from the configuration unless given. */
  readonly log?: Log;
}

/** A worker that takes tasks. */
export interface RunningWorker {
  readonly id: string;
  /** Hands tasks back that run, and closes everything. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a worker on the Postgres that the environment names.
 * @throws RotoError `invalid_config`
 */
export async function work({ env, cwd, flags, log: given }: WorkOptions): Promise<RunningWorker> {
  const examined = examineEnvironment(env, flags, cwd);
  const { config, wrong } = examined;
  const log = given ?? createLog(config.logLevel);
  if (config.databaseUrl === undefined && !wrong.has('DATABASE_URL')) {
    throw new RotoError('invalid_config', 'A worker needs the DATABASE_URL of a Postgres.', {
      param: 'DATABASE_URL',
      hint: 'With the embedded database roto serve runs the tasks itself.',
    });
  }
  const { signal } = new AbortController();
  await requireAll(startChecks({ examined, log, signal }));
  const database = await openDatabase(config, log);
  try {
    const queue = await openQueue(database, log);
    return await startOn({ config, database, queue, clock: systemClock, log }).catch(
      async (error: unknown) => {
        // Its timers would keep a process that does not start.
        await queue.stop();
        throw error;
      },
    );
  } catch (error) {
    await database.close();
    throw error;
  }
}

type WorkerBasis = Omit<Parameters<typeof startTaskWorker>[0], 'storage'>;

async function startOn(basis: WorkerBasis): Promise<RunningWorker> {
  const { config, database, queue, clock, log } = basis;
  const grants = createFileGrants([await secretKeyOf(config)]);
  const origin = () => config.publicUrl ?? '';
  const storage = await openStorage({ config, clock, grants, origin });
  const worker = await startTaskWorker({ ...basis, storage });
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    await worker.stop();
    await queue.stop();
    await database.close();
    log.info('the worker has stopped');
  };
  return { id: worker.id, stop: () => (stopped ??= stop()) };
}

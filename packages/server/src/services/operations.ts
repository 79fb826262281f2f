import type { QueueState, WorkerState } from '@roto/sdk/contract';
import { countJobs, countOpenTasks, listWorkers, type WorkerRow } from '../db/queries/admin.ts';
import type { AppDeps } from '../deps.ts';

/** How much waits and runs. */
export async function queueState({ db }: Pick<AppDeps, 'db'>): Promise<QueueState> {
  return { queues: await countJobs(db), tasks: await countOpenTasks(db) };
}

/** The workers there are, by their own reports. */
export async function workerStates({ db }: Pick<AppDeps, 'db'>): Promise<WorkerState[]> {
  return (await listWorkers(db)).map(toWorkerState);
}

function toWorkerState(row: WorkerRow): WorkerState {
  const { id, hostname, version, device, models, qualities, concurrency, state } = row;
  return {
    id,
    hostname,
    version,
    device,
    models: [...models],
    qualities: [...qualities],
    concurrency,
    state,
    started_at: row.started_at.toISOString(),
    heartbeat_at: row.heartbeat_at.toISOString(),
  };
}

import { countOpenTasks } from '../db/queries/admin.ts';
import { listWorkers } from '../db/queries/workers.ts';
import type { AppDeps } from '../deps.ts';

/** A worker as anybody may know it: neither its name nor its place. */
export interface ShownWorker {
  readonly device: string;
  readonly models: readonly string[];
}

/** How the service does, for anybody. */
export interface ServiceStatus {
  /** Tasks that wait and that run, of everybody together. */
  readonly queue: { readonly pending: number; readonly processing: number };
  readonly workers: readonly ShownWorker[];
}

/** How the service does; undefined where its database does not answer. */
export async function serviceStatus({
  db,
  clock,
  log,
}: Pick<AppDeps, 'db' | 'clock' | 'log'>): Promise<ServiceStatus | undefined> {
  try {
    const workers = await listWorkers(db, clock());
    return {
      queue: await countOpenTasks(db),
      workers: workers.map(({ device, models }) => ({ device, models })),
    };
  } catch (error) {
    log.error({ err: error }, 'the status page got no answer of the database');
    return undefined;
  }
}

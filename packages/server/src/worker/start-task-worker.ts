import { join } from 'node:path';
import type { AppDeps } from '../deps.ts';
import { TaskWorker } from './task-worker.ts';

/** Starts a worker as it is configured, with its files in the data folder. */
export function startTaskWorker({
  config,
  ...deps
}: Pick<
  AppDeps,
  'config' | 'database' | 'queue' | 'storage' | 'clock' | 'log'
>): Promise<TaskWorker> {
  return TaskWorker.start({
    ...deps,
    scratch: join(config.data, 'scratch'),
    concurrency: config.workerTasks,
    memoryBytes: config.hostMemoryBytes,
  });
}

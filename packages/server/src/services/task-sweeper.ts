import type { Log } from '../log.ts';
import { sweepTasks } from './sweep-tasks.ts';
import type { TaskDeps } from './tasks.ts';

const everyMs = 15_000;

/** Sees after tasks now and then until it is stopped; resolves once nothing of it is under way. */
export function startTaskSweeper(deps: TaskDeps & { readonly log: Log }): () => Promise<void> {
  let sweeping: Promise<void> | undefined;
  const timer = setInterval(() => {
    sweeping ??= sweepTasks(deps)
      .catch((error: unknown) => deps.log.warn({ err: error }, 'could not see after tasks'))
      .finally(() => {
        sweeping = undefined;
      });
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await sweeping;
  };
}

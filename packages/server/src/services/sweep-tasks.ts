import { secondsAfter } from '../clock.ts';
import { listAdrift, listWaitingSince, lockTask, updateTask } from '../db/queries/tasks.ts';
import { listWorkers, removeGoneWorkers } from '../db/queries/workers.ts';
import { inTransaction } from '../db/transaction.ts';
import { dropJob } from '../jobs/leases.ts';
import type { Log } from '../log.ts';
import { canRun } from './abilities.ts';
import { noteTask } from './task-events.ts';
import { giveUp } from './task-run.ts';
import type { TaskDeps } from './tasks.ts';

/** Seconds a task waits for a worker that can run it. */
const patienceSeconds = 15 * 60;

/**
 * Sees after tasks that no worker sees after: those whose worker died wait again, or fail where no
 * attempt is left, and those that no living worker has been able to run for a quarter of an hour
 * fail. Safe to run in many processes at a time.
 */
export async function sweepTasks(deps: TaskDeps & { readonly log: Log }): Promise<void> {
  await matchWithQueue(deps);
  await failUnrunnable(deps);
  await removeGoneWorkers(deps.db, deps.clock());
}

async function matchWithQueue(deps: TaskDeps & { readonly log: Log }): Promise<void> {
  for (const { id } of await listAdrift(deps.db)) {
    await inTransaction(deps.db, async (trx) => {
      const task = await lockTask(trx, id);
      // It may have come right between the two.
      const stillAdrift = (await listAdrift(trx, id))[0];
      if (task === undefined || stillAdrift === undefined) return;
      const { job_state } = stillAdrift;
      if (job_state === 'created' || job_state === 'retry') {
        deps.log.warn({ taskId: id, workerId: task.worker_id }, 'the worker of a task is gone');
        const changes = { worker_id: null, updated_at: deps.clock() };
        await updateTask(trx, id, { status: 'pending', ...changes });
        await noteTask(trx, deps, id, { type: 'status' });
        return;
      }
      const message =
        task.error_message ?? 'Its workers ended in the middle of it, again and again.';
      await giveUp(trx, deps, id, { code: task.error_code ?? 'task_failed', message });
    });
  }
}

async function failUnrunnable(deps: TaskDeps): Promise<void> {
  const now = deps.clock();
  const waiting = await listWaitingSince(deps.db, secondsAfter(now, -patienceSeconds));
  if (waiting.length === 0) return;
  const workers = await listWorkers(deps.db, now);
  for (const { id, requires } of waiting) {
    if (workers.some((worker) => canRun(worker, requires))) continue;
    await inTransaction(deps.db, async (trx) => {
      const task = await lockTask(trx, id);
      if (task?.status !== 'pending') return;
      if (task.job_id !== null) await dropJob(trx, deps.queue, task.job_id);
      const message = `No worker that runs ${requires} was there for 15 minutes.`;
      await giveUp(trx, deps, id, { code: 'model_unavailable', message });
    });
  }
}

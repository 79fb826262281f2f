import { countRunning, listWaitingAccounts, listWaitingRequirements } from '../db/queries/tasks.ts';
import { findUser } from '../db/queries/users.ts';
import type { Db } from '../db/types.ts';
import { type Lease, takeLease } from '../jobs/leases.ts';
import type { Queue } from '../jobs/queue.ts';
import { type Abilities, canRun } from '../services/abilities.ts';
import { taskGroup } from '../services/task-queue.ts';
import { tierOf } from '../services/tiers.ts';

/** What {@link takeTask} works on. */
export interface TakeTaskDeps {
  readonly db: Db;
  readonly queue: Queue;
}

/**
 * Takes the job of the task whose turn it is, of those that a worker can run and whose account may
 * have one more running; undefined where there is none.
 */
export async function takeTask(
  { db, queue }: TakeTaskDeps,
  abilities: Abilities,
): Promise<Lease | undefined> {
  const required = await listWaitingRequirements(db);
  const able = required.filter((requires) => canRun(abilities, requires));
  if (able.length === 0) return undefined;
  const full = await fullAccounts(db);
  const ignored = able.flatMap((requires) =>
    full.map((userId) => taskGroup({ requires, user_id: userId })),
  );
  for (const requires of required.filter((each) => !able.includes(each))) {
    const accounts = await listWaitingAccounts(db, requires);
    ignored.push(...accounts.map((userId) => taskGroup({ requires, user_id: userId })));
  }
  return takeLease(queue, ignored);
}

/** Accounts with as many tasks running as their tier has. */
async function fullAccounts(db: Db): Promise<string[]> {
  const full: string[] = [];
  for (const [userId, count] of await countRunning(db)) {
    const user = await findUser(db, userId);
    if (user !== undefined && count >= tierOf(user).concurrency) full.push(userId);
  }
  return full;
}

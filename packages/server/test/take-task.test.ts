import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { updateTask } from '../src/db/queries/tasks.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { openQueue } from '../src/jobs/queue.ts';
import { createLog } from '../src/log.ts';
import { enqueueTask } from '../src/services/task-queue.ts';
import { takeTask } from '../src/worker/take-task.ts';
import { databaseKinds, openTestDatabase } from './support/databases.ts';
import { insertTask, insertUser } from './support/rows.ts';

const abilities = { models: ['mobilesam', 'sam2.1-tiny'], device: 'cpu' };

describe.each(databaseKinds)('taking a task on %s', (kind) => {
  it('goes by turns, and passes over what the worker cannot run and accounts that run enough', async () => {
    const { db, queue } = await openTaskQueue(kind);
    const [ada, bob] = [await insertUser(db), await insertUser(db)];
    const add = (userId: string, turn: number, requires = 'mobilesam') =>
      inTransaction(db, async (trx) => {
        const id = await insertTask(trx, userId);
        await updateTask(trx, id, { turn, requires });
        await enqueueTask(trx, { queue }, { id, user_id: userId, requires, turn });
        return id;
      });
    const taken = async () => {
      const lease = await takeTask({ db, queue }, abilities);
      if (lease === undefined) return undefined;
      await inTransaction(db, (trx) => updateTask(trx, lease.taskId, { status: 'processing' }));
      return lease.taskId;
    };
    await add(ada, 0, 'mobilesam@cuda');
    await add(bob, 0, 'sam2.1-large');
    const first = await add(ada, 1, 'sam2.1-tiny');
    await add(ada, 2);
    const second = await add(bob, 3);
    // A free account has one task running at a time.
    expect([await taken(), await taken(), await taken()]).toEqual([first, second, undefined]);
  });

  it('reads no more of the queue however much waits', async () => {
    const { db, queue } = await openTaskQueue(kind);
    const jobs = Array.from({ length: 2000 }, (_, at) => ({ priority: -at }));
    await queue.boss.insert('run-task', jobs);
    await sql`analyze pgboss.job_common`.execute(db);
    const { rows } = await sql<{ 'QUERY PLAN': string }>`explain
      select id from pgboss.job_common where name = 'run-task' and state < 'active' and not blocked
        and start_after <= now()
      order by priority desc, created_on, id limit 1 for update skip locked`.execute(db);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('roto_job_turns');
    expect(plan).not.toContain('Sort');
  });
});

async function openTaskQueue(kind: (typeof databaseKinds)[number]) {
  const database = await openTestDatabase(kind);
  const queue = await openQueue(database, createLog('silent'));
  onTestFinished(() => queue.stop());
  return { db: database.db, queue };
}

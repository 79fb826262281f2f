import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { updateTask } from '../src/db/queries/tasks.ts';
import { addWorker } from '../src/db/queries/workers.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { openQueue } from '../src/jobs/queue.ts';
import { createLog } from '../src/log.ts';
import { newId } from '../src/new-id.ts';
import { enqueueTask } from '../src/services/task-queue.ts';
import { beginTask, type TaskRun } from '../src/services/task-run.ts';
import { takeTask } from '../src/worker/take-task.ts';
import { databaseKinds, openTestDatabase } from './support/databases.ts';
import { insertTask, insertUser, insertVideo } from './support/rows.ts';

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

  it('begins no more tasks of an account than its tier has, however many workers take at once', async () => {
    const { db, queue } = await openTaskQueue(kind);
    const deps = { db, queue, clock: () => new Date() };
    const ada = await insertUser(db);
    const requires = 'mobilesam';
    const run = async (): Promise<TaskRun> => {
      const lease = await takeTask(deps, abilities);
      if (lease === undefined) throw new Error('Nothing waits.');
      const workerId = newId('worker');
      await addWorker(db, { id: workerId, hostname: 'here', version: '0', device: 'cpu' });
      return { lease, workerId };
    };
    for (const turn of [0, 1]) {
      const id = await insertTask(db, ada);
      // A video each, without which no task begins.
      const video_id = await insertVideo(deps, ada);
      await inTransaction(db, async (trx) => {
        await updateTask(trx, id, { turn, requires, video_id });
        await enqueueTask(trx, { queue }, { id, user_id: ada, requires, turn });
      });
    }
    const runs = [await run(), await run()];
    const begun = await Promise.all(runs.map((each) => beginTask(deps, each, 'cpu')));
    const [going, ...others] = begun.filter((task) => task !== undefined);
    expect(others).toEqual([]);
    // The other one waits on as if nobody had taken it, and is taken once there is room.
    expect(await takeTask(deps, abilities)).toBeUndefined();
    await inTransaction(db, (trx) =>
      updateTask(trx, going?.id ?? '', { status: 'completed', completed_at: new Date() }),
    );
    const next = await takeTask(deps, abilities);
    expect(runs.map(({ lease }) => lease.taskId)).toContain(next?.taskId);
    expect(next?.taskId).not.toBe(going?.id);
    expect(next?.retriesLeft).toBe(runs[0]?.lease.retriesLeft);
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

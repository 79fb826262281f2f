// How long a worker takes to claim a task while 10, 1,000 and 10,000 wait, of 100 accounts, on a
// Postgres of its own: npm run bench claim
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { systemClock } from '../src/clock.ts';
import { json } from '../src/db/column-types.ts';
import { openPostgres } from '../src/db/postgres.ts';
import { updateTask } from '../src/db/queries/tasks.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { taskJob } from '../src/jobs/jobs.ts';
import { completeLease } from '../src/jobs/leases.ts';
import { openQueue } from '../src/jobs/queue.ts';
import { createLog } from '../src/log.ts';
import { newId } from '../src/new-id.ts';
import { taskGroup } from '../src/services/task-queue.ts';
import { takeTask } from '../src/worker/take-task.ts';
import { startMigratedPostgres } from '../test/support/migrated-postgres.ts';
import { insertUser } from '../test/support/rows.ts';

const sizes = [10, 1000, 10_000];
const claims = 200;
const abilities = { models: ['mobilesam'], device: 'cpu' };

const postgres = await startMigratedPostgres();
const database = openPostgres(postgres.url);
const { db } = database;
const queue = await openQueue(database, createLog('error'));
try {
  const users: string[] = [];
  for (let count = 0; count < 100; count += 1) users.push(await insertUser(db));
  let added = 0;
  /** Adds tasks as requests do, only many at once: by turns, one of each account after the other. */
  const add = async (count: number) => {
    const rows = Array.from({ length: count }, () => {
      const turn = Math.floor(added / users.length);
      const user_id = users[added % users.length] ?? '';
      added += 1;
      return { id: newId('task'), user_id, requires: 'mobilesam', turn, job_id: randomUUID() };
    });
    const fixed = { credit_action: 'generate_masks', credit_cost: 0, params: json({}) };
    await db
      .insertInto('tasks')
      .values(rows.map((row) => ({ ...row, ...fixed })))
      .execute();
    await queue.boss.insert(
      taskJob,
      rows.map((row) => ({
        id: row.job_id,
        data: { taskId: row.id },
        priority: -row.turn,
        group: { id: taskGroup(row) },
      })),
    );
  };
  let waiting = 0;
  for (const size of sizes) {
    for (; waiting < size; waiting += 500) await add(Math.min(500, size - waiting));
    waiting = size;
    // Postgres does so by itself within a minute; until then a claim among many new ones takes longer.
    await sql`analyze`.execute(db);
    const took: number[] = [];
    for (let claim = 0; claim < claims; claim += 1) {
      const startedMs = performance.now();
      const lease = await takeTask({ db, queue }, abilities);
      took.push(performance.now() - startedMs);
      if (lease === undefined) throw new Error('There was no task to take.');
      // It is over at once, and another one waits: there are always as many.
      await inTransaction(db, async (trx) => {
        const completed_at = systemClock();
        await updateTask(trx, lease.taskId, { status: 'cancelled', completed_at });
        await completeLease(trx, queue, lease);
      });
      await add(1);
    }
    took.sort((a, b) => a - b);
    const at = (part: number) => (took[Math.floor(part * claims)] ?? 0).toFixed(2);
    console.log(`${size} wait: a claim takes ${at(0.5)} ms, 9 in 10 at most ${at(0.9)} ms`);
  }
} finally {
  await queue.stop();
  await database.close();
  await postgres.stop();
}

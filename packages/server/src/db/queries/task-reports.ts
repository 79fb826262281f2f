import type { Insertable } from 'kysely';
import type { TaskReportsTable } from '../tables/tasks.ts';
import type { Db, Trx } from '../types.ts';

/** Keeps what a run said of itself. */
export async function addReport(trx: Trx, row: Insertable<TaskReportsTable>): Promise<void> {
  await trx.insertInto('task_reports').values(row).execute();
}

/** What the run of a task said of itself; undefined where none was kept. */
export async function findReport(
  db: Db,
  taskId: string,
): Promise<Record<string, unknown> | undefined> {
  const query = db.selectFrom('task_reports').select('report').where('task_id', '=', taskId);
  return (await query.executeTakeFirst())?.report;
}

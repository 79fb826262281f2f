import type { Insertable, Selectable } from 'kysely';
import type { TaskResultsTable } from '../tables/tasks.ts';
import type { Db, Trx } from '../types.ts';

/** A file that a task made, with the key it lies under. */
export interface ResultRow extends Selectable<TaskResultsTable> {
  readonly key: string;
}

/** Adds results, many in one statement: a shot has thousands. */
export async function addResults(
  trx: Trx,
  rows: readonly Insertable<TaskResultsTable>[],
): Promise<void> {
  const atOnce = 500;
  for (let from = 0; from < rows.length; from += atOnce) {
    await trx
      .insertInto('task_results')
      .values(rows.slice(from, from + atOnce))
      .execute();
  }
}

/** Results of a task in the order of their paths, after one of them. */
export function listResults(
  db: Db,
  taskId: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<ResultRow[]> {
  let query = db
    .selectFrom('task_results')
    .innerJoin('files', 'files.id', 'task_results.file_id')
    .selectAll('task_results')
    .select('files.key')
    .where('task_results.task_id', '=', taskId);
  if (after !== undefined) query = query.where('task_results.path', '>', after);
  return query.orderBy('task_results.path').limit(limit).execute();
}

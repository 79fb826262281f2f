import type { Kysely } from 'kysely';
import { runStatements } from '../statements.ts';

/** Apart from `tasks`, whose rows are read at every look: a report has a line for each frame. */
const reports = `create table task_reports (
  task_id text primary key references tasks (id) on delete cascade,
  report jsonb not null
)`;

/** What the runs of tasks said of themselves. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await runStatements(db, [reports]);
}

import type { TaskEvent } from '@roto/sdk/contract';
import { sql } from 'kysely';
import { json } from '../column-types.ts';
import type { Db, Trx } from '../types.ts';

/** Channel on which the database tells that something happened to a task; says its id. */
export const taskChannel = 'roto_task';

/** An event with its place in the order of all of them. */
export interface TaskEventRow {
  readonly id: number;
  readonly data: TaskEvent;
}

/** Notes an event and tells those who follow the task, once the transaction commits. */
export async function addTaskEvent(trx: Trx, event: TaskEvent, now: Date): Promise<void> {
  await trx
    .insertInto('task_events')
    .values({
      task_id: event.task_id,
      type: event.type,
      data: json<Record<string, unknown>>({ ...event }),
      created_at: now,
    })
    .execute();
  await sql`select pg_notify(${taskChannel}, ${event.task_id})`.execute(trx);
}

/** Events of a task after one, in order. */
export async function listTaskEvents(
  db: Db,
  taskId: string,
  after: number,
): Promise<TaskEventRow[]> {
  const rows = await db
    .selectFrom('task_events')
    .select(['id', 'data'])
    .where('task_id', '=', taskId)
    .where('id', '>', after)
    .orderBy('id')
    .limit(500)
    .execute();
  // biome-ignore lint/plugin: only addTaskEvent writes them
  return rows.map(({ id, data }) => ({ id, data: data as unknown as TaskEvent }));
}

/** The newest event of a task; 0 where there is none. */
export async function lastTaskEvent(db: Db, taskId: string): Promise<number> {
  const row = await db
    .selectFrom('task_events')
    .select('id')
    .where('task_id', '=', taskId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? 0;
}

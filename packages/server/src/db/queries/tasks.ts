import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import { isBehind, type ListPart } from '../list-place.ts';
import type { TasksTable } from '../tables/tasks.ts';
import type { Db, Trx } from '../types.ts';

/** A task as the database has it. */
export type TaskRow = Selectable<TasksTable>;

/** A task; of one account alone where that is given. */
export function findTask(db: Db | Trx, id: string, userId?: string): Promise<TaskRow | undefined> {
  let query = db.selectFrom('tasks').selectAll().where('id', '=', id);
  if (userId !== undefined) query = query.where('user_id', '=', userId);
  return query.executeTakeFirst();
}

/** The same, which no other transaction changes until this one ends. */
export function lockTask(trx: Trx, id: string, userId?: string): Promise<TaskRow | undefined> {
  let query = trx.selectFrom('tasks').selectAll().where('id', '=', id);
  if (userId !== undefined) query = query.where('user_id', '=', userId);
  return query.forUpdate().executeTakeFirst();
}

/** Which tasks a list shows. */
export interface TaskFilter {
  readonly userId?: string | undefined;
  readonly status?: TaskRow['status'] | undefined;
  readonly videoId?: string | undefined;
}

/** Tasks, newest first. */
export function listTasks(db: Db, filter: TaskFilter, part: ListPart): Promise<TaskRow[]> {
  const { userId, status, videoId } = filter;
  let query = db.selectFrom('tasks').selectAll();
  if (userId !== undefined) query = query.where('user_id', '=', userId);
  if (status !== undefined) query = query.where('status', '=', status);
  if (videoId !== undefined) query = query.where('video_id', '=', videoId);
  if (part.after !== undefined) query = query.where(isBehind('tasks', part.after));
  return query.orderBy('created_at', 'desc').orderBy('id').limit(part.limit).execute();
}

/** The video's last completed task that made masks. */
export function findTracked(
  db: Db | Trx,
  videoId: string,
  taskId?: string,
): Promise<TaskRow | undefined> {
  let query = db
    .selectFrom('tasks')
    .selectAll()
    .where('video_id', '=', videoId)
    .where('status', '=', 'completed')
    .where('credit_action', '=', 'generate_masks');
  if (taskId !== undefined) query = query.where('id', '=', taskId);
  return query.orderBy('completed_at', 'desc').executeTakeFirst();
}

/** How many tasks wait that are to be run before one that waits. */
export async function countWaitingBefore(db: Db, task: TaskRow): Promise<number> {
  const { count } = await db
    .selectFrom('tasks')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('status', '=', 'pending')
    .where((of) =>
      of.or([
        of('turn', '<', task.turn),
        of.and([of('turn', '=', task.turn), of('created_at', '<', task.created_at)]),
      ]),
    )
    .executeTakeFirstOrThrow();
  return Number(count);
}

export function addTask(trx: Trx, row: Insertable<TasksTable>): Promise<TaskRow> {
  return trx.insertInto('tasks').values(row).returningAll().executeTakeFirstOrThrow();
}

export async function updateTask(
  trx: Trx,
  id: string,
  changes: Updateable<TasksTable>,
): Promise<void> {
  await trx.updateTable('tasks').set(changes).where('id', '=', id).execute();
}

/**
 * Whose turn a new task of an account is: right behind its last one that waits or runs, and not
 * before what was begun last, so that who asks for much and who asks for little take turns.
 */
export async function nextTurn(trx: Trx, userId: string): Promise<number> {
  const { rows } = await sql<{ turn: number }>`select greatest(
      coalesce((select turn + 1 from tasks where user_id = ${userId}
        and status in ('pending', 'processing') order by turn desc limit 1), 0),
      coalesce((select turn from tasks where started_at is not null
        order by started_at desc limit 1), 0)) as turn`.execute(trx);
  return rows[0]?.turn ?? 0;
}

/** What of the waiting tasks stands together in the queue: an account and what a worker must have. */
export interface WaitingGroup {
  readonly requires: string;
  readonly user_id: string;
}

/** What waiting tasks require, each once; steps from one to the next, however many tasks wait. */
export async function listWaitingRequirements(db: Db): Promise<string[]> {
  const { rows } = await sql<{ requires: string }>`
    with recursive step as (
      select min(requires) as requires from tasks where status = 'pending'
      union all
      select (select min(requires) from tasks
        where status = 'pending' and requires > step.requires)
      from step where step.requires is not null)
    select requires from step where requires is not null`.execute(db);
  return rows.map(({ requires }) => requires);
}

/** Accounts with waiting tasks that require one thing, in the same way. */
export async function listWaitingAccounts(db: Db, requires: string): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    with recursive step as (
      select min(user_id) as user_id from tasks where status = 'pending' and requires = ${requires}
      union all
      select (select min(user_id) from tasks
        where status = 'pending' and requires = ${requires} and user_id > step.user_id)
      from step where step.user_id is not null)
    select user_id from step where user_id is not null`.execute(db);
  return rows.map(({ user_id }) => user_id);
}

/** How many tasks run of each account that has one running. */
export async function countRunning(db: Db | Trx): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('tasks')
    .select(['user_id', (count) => count.fn.countAll<number>().as('running')])
    .where('status', '=', 'processing')
    .groupBy('user_id')
    .execute();
  return new Map(rows.map(({ user_id, running }) => [user_id, Number(running)]));
}

/** How many tasks of an account run, one of them left out. */
export async function countOthersRunning(trx: Trx, userId: string, but: string): Promise<number> {
  const { count } = await trx
    .selectFrom('tasks')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .where('status', '=', 'processing')
    .where('id', '<>', but)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** A waiting task and since when it could have been taken. */
export interface WaitingTask extends WaitingGroup {
  readonly id: string;
}

/** Tasks that wait since before a time. */
export function listWaitingSince(db: Db, before: Date): Promise<WaitingTask[]> {
  return db
    .selectFrom('tasks')
    .select(['id', 'requires', 'user_id'])
    .where('status', '=', 'pending')
    .where('updated_at', '<', before)
    .limit(1000)
    .execute();
}

/** A task whose row says another thing than its job in the queue. */
export interface AdriftTask {
  readonly id: string;
  /** Null where the queue has no such job any more. */
  readonly job_state: string | null;
}

/**
 * Open tasks whose job is not in the queue or over, and running ones whose job waits again, because
 * its worker died; one of them where it is named.
 */
export async function listAdrift(db: Db | Trx, id?: string): Promise<AdriftTask[]> {
  const one = id === undefined ? sql`` : sql`and t.id = ${id}`;
  const { rows } = await sql<AdriftTask>`
    select t.id, j.state::text as job_state
    from tasks t left join pgboss.job j on j.name = 'run-task' and j.id = t.job_id::uuid
    where t.status in ('pending', 'processing') ${one}
      and (j.id is null or j.state in ('completed', 'cancelled', 'failed')
        or (t.status = 'processing' and j.state in ('created', 'retry')))
    limit 1000`.execute(db);
  return rows;
}

import { type Insertable, type Selectable, sql } from 'kysely';
import { isBehind, type ListPart } from '../list-place.ts';
import type { AdminActionsTable } from '../tables/service.ts';
import type { WorkersTable } from '../tables/tasks.ts';
import type { Db, Trx } from '../types.ts';
import type { UserRow } from './users.ts';

export type ActionRow = Selectable<AdminActionsTable>;
export type WorkerRow = Selectable<WorkersTable>;

/** Accounts, deleted ones too, newest first. */
export function listUsers(
  db: Db,
  { email }: { readonly email?: string | undefined },
  { limit, after }: ListPart,
): Promise<UserRow[]> {
  let query = db
    .selectFrom('users')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit);
  if (email !== undefined) {
    query = query.where(sql<boolean>`position(${email.toLowerCase()} in email) > 0`);
  }
  if (after !== undefined) query = query.where(isBehind('users', after));
  return query.execute();
}

/** An account of any kind, deleted ones too. */
export function findAnyUser(db: Db | Trx, id: string): Promise<UserRow | undefined> {
  return db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Ids of the super users there are. */
export async function listSuperUsers(trx: Trx): Promise<string[]> {
  const rows = await trx
    .selectFrom('users')
    .select('id')
    .where('super_user', '=', true)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** How many super users there are; they are locked, so that two cannot go at the same time. */
export async function countSuperUsers(trx: Trx): Promise<number> {
  const rows = await trx
    .selectFrom('users')
    .select('id')
    .where('super_user', '=', true)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  return rows.length;
}

/** Changes what super users may change of an account. */
export async function changeUser(
  trx: Trx,
  id: string,
  changes: Partial<Pick<UserRow, 'email' | 'is_confirmed' | 'super_user'>>,
): Promise<void> {
  if (Object.keys(changes).length === 0) return;
  await trx.updateTable('users').set(changes).where('id', '=', id).execute();
}

export async function addAction(trx: Trx, action: Insertable<AdminActionsTable>): Promise<void> {
  await trx.insertInto('admin_actions').values(action).execute();
}

/** What super users did, newest first. */
export function listActions(
  db: Db,
  filter: { readonly admin_id?: string | undefined; readonly target_user_id?: string | undefined },
  { limit, after }: ListPart,
): Promise<ActionRow[]> {
  let query = db
    .selectFrom('admin_actions')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit);
  if (filter.admin_id !== undefined) query = query.where('admin_id', '=', filter.admin_id);
  if (filter.target_user_id !== undefined) {
    query = query.where('target_user_id', '=', filter.target_user_id);
  }
  if (after !== undefined) query = query.where(isBehind('admin_actions', after));
  return query.execute();
}

export function listWorkers(db: Db): Promise<WorkerRow[]> {
  return db.selectFrom('workers').selectAll().orderBy('started_at').execute();
}

/** Tasks that wait and that run. */
export async function countOpenTasks(db: Db): Promise<{ pending: number; processing: number }> {
  const rows = await db
    .selectFrom('tasks')
    .select(['status', ({ fn }) => fn.countAll<number>().as('count')])
    .where('status', 'in', ['pending', 'processing'])
    .groupBy('status')
    .execute();
  const of = (status: string) => rows.find((row) => row.status === status)?.count ?? 0;
  return { pending: of('pending'), processing: of('processing') };
}

/** Jobs of one name. */
export interface JobCounts {
  readonly name: string;
  readonly waiting: number;
  readonly running: number;
  readonly failed: number;
}

/** How many jobs wait, run and were given up, by name, as the queue's own tables have it. */
export async function countJobs(db: Db): Promise<JobCounts[]> {
  const { rows } = await sql<JobCounts>`select name,
      count(*) filter (where state in ('created', 'retry')) as waiting,
      count(*) filter (where state = 'active') as running,
      count(*) filter (where state = 'failed') as failed
    from pgboss.job group by name order by name`.execute(db);
  return rows;
}

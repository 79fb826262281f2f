import type { Membership } from '@roto/sdk/contract';
import { json } from '../column-types.ts';
import type { Db, Trx } from '../types.ts';

/** The tasks of an account that are not over. */
export async function findOpenTasks(trx: Trx, userId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('tasks')
    .select('id')
    .where('user_id', '=', userId)
    .where('status', 'in', ['pending', 'processing'])
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * Makes a tombstone of an account: what is personal goes at once, with everything that signs in as it
 * or tells others of it; the row stays for the ledger and the actions that name it.
 */
export async function buryUser(
  trx: Trx,
  userId: string,
  { now, membership }: { readonly now: Date; readonly membership: Membership },
): Promise<void> {
  for (const table of [
    'refresh_tokens',
    'one_time_tokens',
    'api_keys',
    'webhooks',
    'mails',
  ] as const) {
    await trx.deleteFrom(table).where('user_id', '=', userId).execute();
  }
  await trx.deleteFrom('idempotency_keys').where('owner', '=', userId).execute();
  await trx
    .updateTable('users')
    .set((set) => ({
      email: null,
      hashed_password: null,
      confirmation_token: null,
      stripe_customer_id: null,
      super_user: false,
      deleted_at: now,
      membership: json(membership),
      token_generation: set('token_generation', '+', 1),
    }))
    .where('id', '=', userId)
    .execute();
}

/** Removes the rows of an account's clips, uploads, files and results, and what its tasks say. */
export async function removeWorkOf(trx: Trx, userId: string): Promise<void> {
  await trx
    .deleteFrom('task_events')
    .where('task_id', 'in', (from) =>
      from.selectFrom('tasks').select('tasks.id').where('tasks.user_id', '=', userId),
    )
    .execute();
  await trx
    .deleteFrom('task_reports')
    .where('task_id', 'in', (from) =>
      from.selectFrom('tasks').select('tasks.id').where('tasks.user_id', '=', userId),
    )
    .execute();
  await trx
    .updateTable('tasks')
    .set({
      params: json<Record<string, unknown>>({}),
      progress: null,
      error_message: null,
      snapshot_key: null,
    })
    .where('user_id', '=', userId)
    .execute();
  await trx.deleteFrom('files').where('user_id', '=', userId).execute();
  await trx.deleteFrom('uploads').where('user_id', '=', userId).execute();
  await trx.deleteFrom('videos').where('user_id', '=', userId).execute();
}

/** Whether an account was deleted. */
export async function isBuried(db: Db, userId: string): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('deleted_at')
    .where('id', '=', userId)
    .executeTakeFirst();
  return row !== undefined && row.deleted_at !== null;
}

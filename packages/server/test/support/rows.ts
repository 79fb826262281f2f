import { json } from '../../src/db/column-types.ts';
import type { Db, Trx } from '../../src/db/types.ts';
import { newId } from '../../src/new-id.ts';

/** Adds a confirmed account and gives its id. */
export async function insertUser(db: Db): Promise<string> {
  const id = newId('user');
  await db
    .insertInto('users')
    .values({ id, email: `${id}@example.com`, is_confirmed: true })
    .execute();
  return id;
}

/** Adds a task that waits, and gives its id. */
export async function insertTask(db: Db | Trx, userId: string, credits = 0): Promise<string> {
  const id = newId('task');
  await db
    .insertInto('tasks')
    .values({
      id,
      user_id: userId,
      credit_action: 'generate_masks',
      credit_cost: credits,
      params: json({}),
    })
    .execute();
  return id;
}

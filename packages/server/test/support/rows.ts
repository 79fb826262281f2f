import type { Db } from '../../src/db/types.ts';
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

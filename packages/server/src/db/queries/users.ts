import type { Selectable } from 'kysely';
import type { UsersTable } from '../tables/accounts.ts';
import type { Db, Trx } from '../types.ts';

/** An account as the database has it. */
export type UserRow = Selectable<UsersTable>;

/** The account of an address, in small letters. */
export function findUserByEmail(db: Db | Trx, email: string): Promise<UserRow | undefined> {
  return db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
}

/** The account of an id, unless it was deleted. */
export function findUser(db: Db | Trx, id: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

/** Adds an account unless its address has one; says whether it did. */
export async function addUser(
  trx: Trx,
  user: { id: string; email: string; hashed_password: string; created_at: Date },
): Promise<boolean> {
  const added = await trx
    .insertInto('users')
    .values(user)
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning('id')
    .executeTakeFirst();
  return added !== undefined;
}

export async function confirmUser(trx: Trx, id: string): Promise<void> {
  await trx
    .updateTable('users')
    .set({ is_confirmed: true, confirmation_token: null })
    .where('id', '=', id)
    .execute();
}

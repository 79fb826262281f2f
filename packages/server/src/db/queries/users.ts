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

/** What an access token says. */
export interface Session {
  readonly userId: string;
  /** The login it came of: a family of refresh tokens. */
  readonly familyId: string;
  readonly generation: number;
}

/** The account of an access token, unless its login has ended or the account was deleted. */
export function findUserOfSession(
  db: Db,
  { userId, familyId, generation }: Session,
): Promise<UserRow | undefined> {
  return db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', userId)
    .where('deleted_at', 'is', null)
    .where('token_generation', '=', generation)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('refresh_tokens')
            .select('id')
            .where('family_id', '=', familyId)
            .where('revoked_at', 'is not', null),
        ),
      ),
    )
    .executeTakeFirst();
}

/** The account of an address, which no other transaction changes until this one ends. */
export function lockUserByEmail(trx: Trx, email: string): Promise<UserRow | undefined> {
  return trx
    .selectFrom('users')
    .selectAll()
    .where('email', '=', email)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** The account of an id, unless it was deleted; no other transaction changes it until this ends. */
export function lockUser(trx: Trx, id: string): Promise<UserRow | undefined> {
  return trx
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** Sets the password of an account; null takes it away, so that nobody signs in with one. */
export async function setPassword(trx: Trx, id: string, hashed: string | null): Promise<void> {
  await trx.updateTable('users').set({ hashed_password: hashed }).where('id', '=', id).execute();
}

/** Keeps the hash of the token in the newest confirmation mail. */
export async function setConfirmationToken(trx: Trx, id: string, hash: string): Promise<void> {
  await trx
    .updateTable('users')
    .set({ confirmation_token: hash })
    .where('id', '=', id)
    .where('is_confirmed', '=', false)
    .execute();
}

/** Adds an account unless its address has one; says whether it did. */
export async function addUser(
  trx: Trx,
  user: { id: string; email: string; hashed_password: string | null; created_at: Date },
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

import type { Db, Trx } from '../types.ts';

/** A mail that waits, with the address it goes to. */
export interface QueuedMail {
  readonly id: string;
  readonly kind: string;
  readonly user_id: string;
  readonly email: string;
}

export async function addMail(
  trx: Trx,
  mail: { id: string; user_id: string | null; kind: string; created_at: Date },
): Promise<void> {
  await trx.insertInto('mails').values(mail).execute();
}

/** Unless it was sent, or its account is gone. */
export async function findQueuedMail(db: Db, id: string): Promise<QueuedMail | undefined> {
  const row = await db
    .selectFrom('mails')
    .innerJoin('users', 'users.id', 'mails.user_id')
    .select(['mails.id', 'mails.kind', 'users.id as user_id', 'users.email'])
    .where('mails.id', '=', id)
    .where('mails.status', '<>', 'sent')
    .executeTakeFirst();
  return row === undefined || row.email === null ? undefined : { ...row, email: row.email };
}

export async function markMailSent(db: Db, id: string, now: Date): Promise<void> {
  await db
    .updateTable('mails')
    .set((set) => ({
      status: 'sent',
      sent_at: now,
      error: null,
      attempts: set('attempts', '+', 1),
    }))
    .where('id', '=', id)
    .execute();
}

export async function markMailFailed(
  db: Db,
  id: string,
  { error, isLast }: { readonly error: string; readonly isLast: boolean },
): Promise<void> {
  await db
    .updateTable('mails')
    .set((set) => ({
      ...(isLast ? { status: 'failed' as const } : {}),
      error,
      attempts: set('attempts', '+', 1),
    }))
    .where('id', '=', id)
    .execute();
}

/** How many mails an account was to get since a time. */
export async function countMails(trx: Trx, userId: string | null, since: Date): Promise<number> {
  const { count } = await trx
    .selectFrom('mails')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow();
  return count;
}

/** Forgets a mail that goes to nobody. */
export async function dropUnaddressedMail(db: Db, id: string): Promise<void> {
  await db.deleteFrom('mails').where('id', '=', id).where('user_id', 'is', null).execute();
}

import { type Insertable, type Selectable, sql } from 'kysely';
import { json } from '../column-types.ts';
import { isBehind, type ListPart } from '../list-place.ts';
import type { LedgerEntriesTable, LedgerTransactionsTable } from '../tables/credits.ts';
import type { Db, Trx } from '../types.ts';

/** A movement as it is to be kept. */
export interface NewMovement {
  readonly id: string;
  readonly kind: LedgerTransactionsTable['kind'];
  readonly user_id: string;
  readonly task_id?: string;
  readonly reservation_id?: string;
  readonly reference?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly created_at: Date;
}

/** One side of a movement: credits that an account, or the house, gains or loses. */
export type NewEntry = Pick<Insertable<LedgerEntriesTable>, 'account' | 'amount'>;

/** What an account has, in whole credits. */
export interface Balances {
  readonly available: number;
  readonly reserved: number;
}

/** The balances of an account, which no other transaction changes until this one ends. */
export async function lockBalances(trx: Trx, userId: string): Promise<Balances | undefined> {
  return (
    trx
      .selectFrom('users')
      .select(['user_credits as available', 'reserved_credits as reserved'])
      .where('id', '=', userId)
      // Not `for update`: rows that name the account hold a weaker lock on it, and two transactions
      // that each added one would wait for each other.
      .forNoKeyUpdate()
      .executeTakeFirst()
  );
}

/** The balances of an account as they are now. */
export async function findBalances(db: Db | Trx, userId: string): Promise<Balances | undefined> {
  return db
    .selectFrom('users')
    .select(['user_credits as available', 'reserved_credits as reserved'])
    .where('id', '=', userId)
    .executeTakeFirst();
}

/**
 * Adds a movement with its entries. One whose reference is there already, or whose reservation is
 * settled already, is not added; says whether it was.
 */
export async function addMovement(
  trx: Trx,
  { details = {}, ...movement }: NewMovement,
  entries: readonly NewEntry[],
): Promise<boolean> {
  const added = await trx
    .insertInto('ledger_transactions')
    .values({ ...movement, details: json<Record<string, unknown>>(details) })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (added === undefined) return false;
  await trx
    .insertInto('ledger_entries')
    .values(
      entries.map((entry) => ({
        ...entry,
        transaction_id: movement.id,
        user_id: isOwned(entry.account) ? movement.user_id : null,
      })),
    )
    .execute();
  return true;
}

function isOwned(account: LedgerEntriesTable['account']): boolean {
  return account === 'available' || account === 'reserved';
}

/** A reservation of a task. */
export interface Reservation {
  readonly id: string;
  readonly userId: string;
  readonly credits: number;
}

/** What is or was reserved for a task the last time; undefined where it cost nothing. */
export function findReservation(trx: Trx, taskId: string): Promise<Reservation | undefined> {
  return trx
    .selectFrom('tasks')
    .innerJoin('ledger_transactions as movement', 'movement.id', 'tasks.reservation_id')
    .innerJoin('ledger_entries as entry', 'entry.transaction_id', 'movement.id')
    .select(['movement.id', 'movement.user_id as userId', 'entry.amount as credits'])
    .where('tasks.id', '=', taskId)
    .where('entry.account', '=', 'reserved')
    .executeTakeFirst();
}

/** What was charged for a task, by its last reservation; undefined where nothing was. */
export function findCharge(trx: Trx, taskId: string): Promise<Reservation | undefined> {
  return trx
    .selectFrom('tasks')
    .innerJoin('ledger_transactions as movement', 'movement.reservation_id', 'tasks.reservation_id')
    .innerJoin('ledger_entries as entry', 'entry.transaction_id', 'movement.id')
    .select(['movement.id', 'movement.user_id as userId', 'entry.amount as credits'])
    .where('tasks.id', '=', taskId)
    .where('movement.kind', '=', 'capture')
    .where('entry.account', '=', 'revenue')
    .executeTakeFirst();
}

/**
 * Notes on a task which reservation pays for it. Fails where one is open already: its credits would
 * never come back.
 */
export async function setReservation(trx: Trx, taskId: string, id: string): Promise<void> {
  await trx
    .updateTable('tasks')
    .set({ reservation_id: id })
    .where('id', '=', taskId)
    .where((where) =>
      where.or([
        where('reservation_id', 'is', null),
        where.exists(
          where
            .selectFrom('ledger_transactions as settlement')
            .select('settlement.id')
            .whereRef('settlement.reservation_id', '=', 'tasks.reservation_id'),
        ),
      ]),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
}

/** A movement as its account sees it. */
export interface MovementRow
  extends Pick<
    Selectable<LedgerTransactionsTable>,
    'id' | 'kind' | 'task_id' | 'details' | 'created_at'
  > {
  /** Credits it added to what can be spent, or took from it. */
  readonly available: number;
  /** The same for what is reserved. */
  readonly reserved: number;
}

/** Movements of an account, newest first. */
export async function listMovements(
  db: Db,
  userId: string,
  { limit, after }: ListPart,
): Promise<MovementRow[]> {
  const sumOf = (account: 'available' | 'reserved') =>
    sql<number>`coalesce(sum(entry.amount) filter (where entry.account = ${account}), 0)`.as(
      account,
    );
  let query = db
    .selectFrom('ledger_transactions as movement')
    .innerJoin('ledger_entries as entry', (join) =>
      join
        .onRef('entry.transaction_id', '=', 'movement.id')
        .onRef('entry.user_id', '=', 'movement.user_id'),
    )
    .select([
      'movement.id',
      'movement.kind',
      'movement.task_id',
      'movement.details',
      'movement.created_at',
      sumOf('available'),
      sumOf('reserved'),
    ])
    .where('movement.user_id', '=', userId)
    .groupBy('movement.id')
    .orderBy('movement.created_at', 'desc')
    .orderBy('movement.id')
    .limit(limit);
  if (after !== undefined) query = query.where(isBehind('movement', after));
  return query.execute();
}

/** Credits that came by a purchase, and who has them. */
export function findPurchase(
  db: Db | Trx,
  reference: string,
): Promise<{ readonly userId: string; readonly credits: number } | undefined> {
  return db
    .selectFrom('ledger_transactions as movement')
    .innerJoin('ledger_entries as entry', 'entry.transaction_id', 'movement.id')
    .select(['movement.user_id as userId', 'entry.amount as credits'])
    .where('movement.reference', '=', reference)
    .where('movement.kind', '=', 'purchase')
    .where('entry.account', '=', 'available')
    .executeTakeFirst();
}

/** Credits that were asked back so far because a payment was given back. */
export async function creditsAskedBack(trx: Trx, userId: string, payment: string): Promise<number> {
  const { asked } = await trx
    .selectFrom('ledger_transactions')
    .select(sql<number>`coalesce(sum((details ->> 'asked')::bigint), 0)::bigint`.as('asked'))
    .where('user_id', '=', userId)
    .where('kind', '=', 'adjustment')
    .where(sql<string>`details ->> 'payment'`, '=', payment)
    .executeTakeFirstOrThrow();
  return asked;
}

/** Credits that were taken back under a reference; 0 where none were. */
export async function findTaken(trx: Trx, reference: string): Promise<number> {
  const row = await trx
    .selectFrom('ledger_transactions as movement')
    .innerJoin('ledger_entries as entry', 'entry.transaction_id', 'movement.id')
    .select('entry.amount')
    .where('movement.reference', '=', reference)
    .where('entry.account', '=', 'issued')
    .executeTakeFirst();
  return row?.amount ?? 0;
}

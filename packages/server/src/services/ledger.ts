import { RotoError } from '@roto/sdk/contract';
import type { Clock } from '../clock.ts';
import {
  addMovement,
  findCharge,
  findReservation,
  findTaken,
  lockBalances,
  type NewEntry,
  type NewMovement,
  setReservation,
} from '../db/queries/ledger.ts';
import type { Trx } from '../db/types.ts';
import { newId } from '../new-id.ts';

/** What the functions here stand on. Credits are whole numbers, everywhere. */
export interface LedgerDeps {
  readonly clock: Clock;
}

/** What a task is to set aside. */
export interface ReserveParams {
  readonly userId: string;
  /** A row of `tasks` that was added in the same transaction, or before. */
  readonly taskId: string;
  /** 0 reserves nothing, and is never refused. */
  readonly credits: number;
}

/**
 * Sets credits aside for a task, within the transaction that adds it, and notes the reservation on
 * its row. Transactions of one account wait for each other here, so that it never has less than
 * nothing.
 * @throws RotoError `quota_exceeded`; the transaction has to be given up
 */
export async function reserve(
  trx: Trx,
  deps: LedgerDeps,
  { userId, taskId, credits }: ReserveParams,
): Promise<void> {
  if (credits === 0) return;
  await requireCredits(trx, userId, credits);
  const id = newId('transaction');
  await move(trx, deps, { id, kind: 'reserve', user_id: userId, task_id: taskId }, [
    { account: 'available', amount: -credits },
    { account: 'reserved', amount: credits },
  ]);
  await setReservation(trx, taskId, id);
}

/**
 * Refuses what an account cannot pay for. Its balances stay as they are until the transaction ends.
 * @throws RotoError `quota_exceeded`
 */
export async function requireCredits(trx: Trx, userId: string, credits: number): Promise<void> {
  const balances = await lockBalances(trx, userId);
  const available = balances?.available ?? 0;
  if (available >= credits) return;
  throw new RotoError(
    'quota_exceeded',
    `This costs ${credits} credits, and the account has ${available}.`,
    { hint: 'Buy credits, or choose a lower quality or a shorter range.' },
  );
}

/**
 * Charges what was reserved for a task that has succeeded. A reservation is settled once: where it
 * was charged or given back before, nothing happens.
 * @returns whether this call charged it
 */
export function capture(trx: Trx, deps: LedgerDeps, taskId: string): Promise<boolean> {
  return settle(trx, deps, { taskId, kind: 'capture', to: 'revenue' });
}

/**
 * Gives back what was reserved for a task that failed or was cancelled. A reservation is settled
 * once: where it was charged or given back before, nothing happens.
 * @returns whether this call gave it back
 */
export function release(trx: Trx, deps: LedgerDeps, taskId: string): Promise<boolean> {
  return settle(trx, deps, { taskId, kind: 'release', to: 'available' });
}

interface Settlement {
  readonly taskId: string;
  readonly kind: 'capture' | 'release';
  readonly to: 'revenue' | 'available';
}

async function settle(trx: Trx, deps: LedgerDeps, { taskId, kind, to }: Settlement) {
  const reservation = await findReservation(trx, taskId);
  if (reservation === undefined) return false;
  const { id, userId, credits } = reservation;
  return move(trx, deps, { kind, user_id: userId, task_id: taskId, reservation_id: id }, [
    { account: 'reserved', amount: -credits },
    { account: to, amount: credits },
  ]);
}

/**
 * Gives back what a task was charged. Happens once a charge.
 * @returns whether this call gave it back
 */
export async function refund(
  trx: Trx,
  deps: LedgerDeps,
  { taskId, details }: { readonly taskId: string; readonly details?: Details },
): Promise<boolean> {
  const charge = await findCharge(trx, taskId);
  if (charge === undefined) return false;
  const { id, userId, credits } = charge;
  const reference = `refund:${id}`;
  const movement = { kind: 'refund', user_id: userId, task_id: taskId, reference } as const;
  return move(trx, deps, { ...movement, ...withDetails(details) }, [
    { account: 'revenue', amount: -credits },
    { account: 'available', amount: credits },
  ]);
}

/** Why credits came or went, for those who read the ledger later. */
export type Details = Readonly<Record<string, unknown>>;

/** Credits that an account is given, or has paid for. */
export interface IssueParams {
  readonly userId: string;
  /** At least 1. */
  readonly credits: number;
  /** Names what they are for, such as a payment: they come once for each. */
  readonly reference?: string;
  readonly details?: Details;
}

/**
 * Gives credits that nobody paid for one by one: a month's of a tier, or by an admin.
 * @returns whether they came now: false where they did before, by the reference
 */
export function grant(trx: Trx, deps: LedgerDeps, params: IssueParams): Promise<boolean> {
  return issue(trx, deps, 'grant', params);
}

/**
 * Adds credits that were paid for.
 * @returns whether they came now: false where they did before, by the reference
 */
export function purchase(trx: Trx, deps: LedgerDeps, params: IssueParams): Promise<boolean> {
  return issue(trx, deps, 'purchase', params);
}

function issue(
  trx: Trx,
  deps: LedgerDeps,
  kind: 'grant' | 'purchase',
  { userId, credits, reference, details }: IssueParams,
): Promise<boolean> {
  const movement = { kind, user_id: userId, ...withReference(reference), ...withDetails(details) };
  return move(trx, deps, movement, [
    { account: 'issued', amount: -credits },
    { account: 'available', amount: credits },
  ]);
}

/**
 * Takes credits away again: because their payment was given back, or by an admin. What is spent or
 * reserved stays so: at most what is available goes.
 * @returns credits that went
 */
export async function takeBack(
  trx: Trx,
  deps: LedgerDeps,
  { userId, credits, reference, details }: IssueParams,
): Promise<number> {
  const balances = await lockBalances(trx, userId);
  const taken = Math.min(credits, balances?.available ?? 0);
  if (taken === 0) return 0;
  const movement = {
    kind: 'adjustment',
    user_id: userId,
    ...withReference(reference),
    details: { ...details, asked: credits },
  } as const;
  const moved = await move(trx, deps, movement, [
    { account: 'available', amount: -taken },
    { account: 'issued', amount: taken },
  ]);
  return moved ? taken : 0;
}

/** Credits that are to come back to whom they were taken from. */
export interface ReturnParams extends Omit<IssueParams, 'credits' | 'reference'> {
  /** The reference they were taken back under. */
  readonly taken: string;
  /** Names the return, which happens once. */
  readonly reference: string;
}

/**
 * Returns what {@link takeBack} took, where it took anything.
 * @returns whether they came now
 */
export async function returnTaken(
  trx: Trx,
  deps: LedgerDeps,
  { userId, taken, reference, details }: ReturnParams,
): Promise<boolean> {
  await lockBalances(trx, userId);
  const credits = await findTaken(trx, taken);
  if (credits === 0) return false;
  const movement = {
    kind: 'adjustment',
    user_id: userId,
    reference,
    ...withDetails(details),
  } as const;
  return move(trx, deps, movement, [
    { account: 'issued', amount: -credits },
    { account: 'available', amount: credits },
  ]);
}

function withReference(reference: string | undefined) {
  return reference === undefined ? {} : { reference };
}

function withDetails(details: Details | undefined) {
  return details === undefined ? {} : { details };
}

function move(
  trx: Trx,
  { clock }: LedgerDeps,
  movement: Omit<NewMovement, 'id' | 'created_at'> & { readonly id?: string },
  entries: readonly NewEntry[],
): Promise<boolean> {
  for (const { amount } of entries) {
    if (!Number.isSafeInteger(amount))
      throw new RangeError(`Expected whole credits, not ${amount}`);
  }
  return addMovement(trx, { id: newId('transaction'), ...movement, created_at: clock() }, entries);
}

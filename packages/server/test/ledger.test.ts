import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { findBalances } from '../src/db/queries/ledger.ts';
import { inTransaction } from '../src/db/transaction.ts';
import type { Db, Trx } from '../src/db/types.ts';
import {
  capture,
  grant,
  purchase,
  refund,
  release,
  reserve,
  takeBack,
} from '../src/services/ledger.ts';
import { databaseKinds, openTestDatabase } from './support/databases.ts';
import { insertTask, insertUser } from './support/rows.ts';

const deps = { clock: systemClock };

/** One thing that happens to an account; `crash` loses it before it is committed. */
type Step = { readonly crash: boolean } & (
  | { readonly do: 'grant' | 'purchase' | 'takeBack' | 'reserve'; readonly credits: number }
  | { readonly do: 'purchaseAgain' }
  | { readonly do: 'capture' | 'release' | 'refund'; readonly task: number }
);

const credits = fc.integer({ min: 1, max: 40 });
const task = fc.nat({ max: 5 });
/** One in four. */
const crash = fc.nat({ max: 3 }).map((value) => value === 0);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('grant', 'purchase', 'takeBack'), credits, crash }),
  fc.record({ do: fc.constant('reserve' as const), credits, crash }),
  fc.record({ do: fc.constant('purchaseAgain' as const), crash }),
  fc.record({ do: fc.constantFrom('capture', 'release', 'refund'), task, crash }),
);

/** What an account should have, kept by plain arithmetic. */
class Model {
  available = 0;
  reserved = 0;
  revenue = 0;
  purchases = 0;
  readonly tasks: { id: string; credits: number; state: 'reserved' | 'captured' | 'settled' }[] =
    [];
}

class Crash extends Error {}

async function apply(db: Db, userId: string, model: Model, step: Step): Promise<void> {
  let change = () => {};
  const work = async (trx: Trx) => {
    change = await run(trx, userId, model, step);
    if (step.crash) throw new Crash();
  };
  try {
    await inTransaction(db, work);
    change();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
}

/** Runs a step and gives what it changes in the model once it is committed. */
async function run(trx: Trx, userId: string, model: Model, step: Step): Promise<() => void> {
  switch (step.do) {
    case 'grant':
      expect(await grant(trx, deps, { userId, credits: step.credits })).toBe(true);
      return () => {
        model.available += step.credits;
      };
    case 'purchase': {
      const reference = `pay_${userId}_${model.purchases}`;
      expect(await purchase(trx, deps, { userId, credits: step.credits, reference })).toBe(true);
      return () => {
        model.available += step.credits;
        model.purchases += 1;
      };
    }
    case 'purchaseAgain': {
      if (model.purchases === 0) return () => {};
      const reference = `pay_${userId}_${model.purchases - 1}`;
      expect(await purchase(trx, deps, { userId, credits: 1000, reference })).toBe(false);
      return () => {};
    }
    case 'takeBack': {
      const taken = await takeBack(trx, deps, { userId, credits: step.credits });
      expect(taken).toBe(Math.min(step.credits, model.available));
      return () => {
        model.available -= taken;
      };
    }
    case 'reserve':
      return runReserve(trx, userId, model, step.credits);
    case 'capture':
    case 'release':
    case 'refund':
      return runSettlement(trx, model, step.do, step.task);
  }
}

async function runReserve(trx: Trx, userId: string, model: Model, credits: number) {
  const id = await insertTask(trx, userId, credits);
  const reserved = reserve(trx, deps, { userId, taskId: id, credits });
  if (credits > model.available) {
    await expect(reserved).rejects.toMatchObject({ code: 'quota_exceeded' });
    throw new Crash();
  }
  await reserved;
  return () => {
    model.available -= credits;
    model.reserved += credits;
    model.tasks.push({ id, credits, state: 'reserved' });
  };
}

async function runSettlement(
  trx: Trx,
  model: Model,
  kind: 'capture' | 'release' | 'refund',
  index: number,
) {
  const chosen = model.tasks[index % Math.max(model.tasks.length, 1)];
  if (chosen === undefined) return () => {};
  const isDone =
    kind === 'refund'
      ? await refund(trx, deps, { taskId: chosen.id })
      : await (kind === 'capture' ? capture : release)(trx, deps, chosen.id);
  expect(isDone).toBe(chosen.state === (kind === 'refund' ? 'captured' : 'reserved'));
  return () => {
    if (!isDone) return;
    chosen.state = kind === 'capture' ? 'captured' : 'settled';
    if (kind === 'refund') model.revenue -= chosen.credits;
    else model.reserved -= chosen.credits;
    if (kind === 'capture') model.revenue += chosen.credits;
    else model.available += chosen.credits;
  };
}

/** What the entries themselves sum to. */
async function sums(db: Db, userId: string) {
  const { rows } = await sql<{ account: string; total: number }>`
    select e.account, sum(e.amount) as total from ledger_entries e
    join ledger_transactions t on t.id = e.transaction_id where t.user_id = ${userId}
    group by e.account`.execute(db);
  return Object.fromEntries(rows.map(({ account, total }) => [account, total]));
}

describe.each(databaseKinds)('the ledger on %s', (kind) => {
  it('has right sums after any interleaving of movements and crashes, and never below zero', async () => {
    const { db } = await openTestDatabase(kind);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const userId = await insertUser(db);
        const model = new Model();
        for (const each of steps) await apply(db, userId, model, each);
        const { available, reserved, revenue } = model;
        expect(await findBalances(db, userId)).toEqual({ available, reserved });
        const found = {
          available: 0,
          reserved: 0,
          revenue: 0,
          issued: 0,
          ...(await sums(db, userId)),
        };
        const issued = -(available + reserved + revenue);
        expect(found).toEqual({ available, reserved, revenue, issued: issued === 0 ? 0 : issued });
      }),
      { numRuns: 25 },
    );
  });

  it('accepts exactly 50 of 200 reservations at once on a balance for 50', async () => {
    const { db } = await openTestDatabase(kind);
    const userId = await insertUser(db);
    await inTransaction(db, (trx) => grant(trx, deps, { userId, credits: 50 * 3 }));
    const attempts = Array.from({ length: 200 }, () =>
      inTransaction(db, async (trx) => {
        const taskId = await insertTask(trx, userId, 3);
        await reserve(trx, deps, { userId, taskId, credits: 3 });
      }),
    );
    const ends = await Promise.allSettled(attempts);
    const refusals = ends.filter((end) => end.status === 'rejected').map(({ reason }) => reason);
    expect(refusals).toHaveLength(150);
    expect(refusals.every(({ code }) => code === 'quota_exceeded')).toBe(true);
    expect(await findBalances(db, userId)).toEqual({ available: 0, reserved: 150 });
    expect(await db.selectFrom('tasks').select('id').execute()).toHaveLength(50);
  });

  it('settles a reservation once, whoever comes at the same time', async () => {
    const { db } = await openTestDatabase(kind);
    const userId = await insertUser(db);
    await inTransaction(db, (trx) => grant(trx, deps, { userId, credits: 10 }));
    const taskId = await inTransaction(db, async (trx) => {
      const id = await insertTask(trx, userId, 4);
      await reserve(trx, deps, { userId, taskId: id, credits: 4 });
      return id;
    });
    const settlements = [capture, release, capture, release].map((settle) =>
      inTransaction(db, (trx) => settle(trx, deps, taskId)),
    );
    const ends = await Promise.all(settlements);
    expect(ends.filter(Boolean)).toHaveLength(1);
    const charged = ends.indexOf(true) % 2 === 0 ? 4 : 0;
    expect(await findBalances(db, userId)).toEqual({ available: 10 - charged, reserved: 0 });
  });

  it('lets a task that is tried again reserve again, but never twice at a time', async () => {
    const { db } = await openTestDatabase(kind);
    const userId = await insertUser(db);
    await inTransaction(db, (trx) => grant(trx, deps, { userId, credits: 10 }));
    const taskId = await insertTask(db, userId, 4);
    const reserveIt = () =>
      inTransaction(db, (trx) => reserve(trx, deps, { userId, taskId, credits: 4 }));
    await reserveIt();
    await expect(reserveIt()).rejects.toThrow();
    await inTransaction(db, (trx) => release(trx, deps, taskId));
    await reserveIt();
    expect(await inTransaction(db, (trx) => capture(trx, deps, taskId))).toBe(true);
    expect(await findBalances(db, userId)).toEqual({ available: 6, reserved: 0 });
  });
});

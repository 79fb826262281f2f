import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { json } from '../src/db/column-types.ts';
import { breaksConstraint } from '../src/db/failure.ts';
import { migrate, migrationNames } from '../src/db/migrate.ts';
import { openPgliteFolder } from '../src/db/pglite.ts';
import { dumpSchema } from '../src/db/schema-dump.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { newId } from '../src/new-id.ts';
import { databaseKinds, openEmptyDatabase, openTestDatabase } from './support/databases.ts';
import { insertUser } from './support/rows.ts';

describe.each(databaseKinds)('the database on %s', (kind) => {
  it('has the schema of schema.sql once all migrations ran, and runs none twice', async () => {
    const { db } = await openEmptyDatabase(kind);
    expect(await migrate(db)).toEqual(await migrationNames());
    expect(await migrate(db)).toEqual([]);
    const kept = await readFile(new URL('../src/db/schema.sql', import.meta.url), 'utf8');
    expect(await dumpSchema(db)).toBe(kept);
  });

  it('gives whole numbers, times, lists and JSON in the same types', async () => {
    const { db } = await openTestDatabase(kind);
    const { rows } = await sql`select 5000000000::bigint as big, now() as at,
      array['a', 'b'] as list, ${json(['x'])} as json, count(*) as n`.execute(db);
    expect(rows).toEqual([
      { big: 5_000_000_000, at: expect.any(Date), list: ['a', 'b'], json: ['x'], n: 1 },
    ]);
  });

  it('keeps the balances of an account from its ledger, and never below zero', async () => {
    const { db } = await openTestDatabase(kind);
    const userId = await insertUser(db);
    const move = (kindOfMove: 'grant' | 'reserve', amount: number) =>
      inTransaction(db, async (trx) => {
        const id = newId('transaction');
        await trx
          .insertInto('ledger_transactions')
          .values({ id, kind: kindOfMove, user_id: userId })
          .execute();
        const other = kindOfMove === 'grant' ? 'issued' : 'reserved';
        await trx
          .insertInto('ledger_entries')
          .values([
            { transaction_id: id, account: 'available', user_id: userId, amount },
            {
              transaction_id: id,
              account: other,
              user_id: other === 'reserved' ? userId : null,
              amount: -amount,
            },
          ])
          .execute();
      });
    await move('grant', 10);
    await move('reserve', -7);
    const refused = await move('reserve', -4).catch((error: unknown) => error);
    expect(breaksConstraint(refused, 'check', 'users_user_credits_check')).toBe(true);
    const user = await db
      .selectFrom('users')
      .select(['user_credits', 'reserved_credits'])
      .where('id', '=', userId)
      .executeTakeFirst();
    expect(user).toEqual({ user_credits: 3, reserved_credits: 7 });
  });

  it('refuses a movement of credits that does not sum to zero', async () => {
    const { db } = await openTestDatabase(kind);
    const userId = await insertUser(db);
    const refused = await inTransaction(db, async (trx) => {
      const id = newId('transaction');
      await trx
        .insertInto('ledger_transactions')
        .values({ id, kind: 'grant', user_id: userId })
        .execute();
      await trx
        .insertInto('ledger_entries')
        .values([
          { transaction_id: id, account: 'available', user_id: userId, amount: 5 },
          { transaction_id: id, account: 'issued', amount: -4 },
        ])
        .execute();
    }).catch((error: unknown) => error);
    expect(breaksConstraint(refused, 'check')).toBe(true);
  });

  it('refuses to change or remove what is append-only', async () => {
    const { db } = await openTestDatabase(kind);
    const userId = await insertUser(db);
    await db
      .insertInto('admin_actions')
      .values({ id: newId('action'), admin_id: userId, action_type: 'test', details: json({}) })
      .execute();
    await expect(db.deleteFrom('admin_actions').execute()).rejects.toThrow('append-only');
    await expect(
      db.updateTable('admin_actions').set({ action_type: 'other' }).execute(),
    ).rejects.toThrow('append-only');
    await expect(sql`truncate admin_actions`.execute(db)).rejects.toThrow('append-only');
  });

  it('delivers what is notified to those who listen', async () => {
    const { db, listen } = await openTestDatabase(kind);
    const heard = Promise.withResolvers<string>();
    const end = await listen('test_channel', heard.resolve);
    await sql`select pg_notify('test_channel', 'hello')`.execute(db);
    expect(await heard.promise).toBe('hello');
    await end();
  });
});

it('runs migrations once when several processes of one Postgres start together', async () => {
  const { db } = await openEmptyDatabase('postgres');
  const ran = await Promise.all([migrate(db), migrate(db), migrate(db)]);
  expect(ran.flat()).toEqual(await migrationNames());
});

it('lets one opener at a time have a data folder, and keeps what is in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roto-data-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const first = await openPgliteFolder(folder);
  await expect(openPgliteFolder(folder)).rejects.toMatchObject({
    code: 'data_locked',
    message: `Another roto process has the data folder ${folder} open.`,
  });
  await migrate(first.db);
  const userId = await insertUser(first.db);
  await first.close();
  const second = await openPgliteFolder(folder);
  expect(await second.db.selectFrom('users').select('id').execute()).toEqual([{ id: userId }]);
  await second.close();
});

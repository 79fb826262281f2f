import { describe, expect, it } from 'vitest';
import { inTransaction } from '../src/db/transaction.ts';
import { openQueue } from '../src/jobs/queue.ts';
import { createLog } from '../src/log.ts';
import { databaseKinds, openTestDatabase } from './support/databases.ts';

describe.each(databaseKinds)('the queue on %s', (kind) => {
  it('takes a job inside a transaction as the very first call after the start', async () => {
    const database = await openTestDatabase(kind);
    const queue = await openQueue(database, createLog('silent'));
    const id = await inTransaction(database.db, (trx) =>
      queue.enqueue(trx, 'send-mail', { mailId: 'mal_1' }),
    );
    expect(await queue.boss.findJobs('send-mail', { id })).toMatchObject([
      { data: { mailId: 'mal_1' }, state: 'created' },
    ]);
    await queue.stop();
  }, 60_000);

  it('forgets the job of a transaction that fails', async () => {
    const database = await openTestDatabase(kind);
    const queue = await openQueue(database, createLog('silent'));
    const failed = inTransaction(database.db, async (trx) => {
      await queue.enqueue(trx, 'send-mail', { mailId: 'mal_1' });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await queue.boss.findJobs('send-mail')).toEqual([]);
    await queue.stop();
  });
});

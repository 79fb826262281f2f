import type { Db, Trx } from './types.ts';

/**
 * Runs `work` in one transaction, which commits when it resolves. Inside of it only `trx` may be
 * asked: PGlite is one connection, so that a query on the outer database would wait for ever for
 * the transaction that waits for it.
 */
export function inTransaction<T>(db: Db, work: (trx: Trx) => Promise<T>): Promise<T> {
  return db.transaction().execute(work);
}

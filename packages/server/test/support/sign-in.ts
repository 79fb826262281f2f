import { inTransaction } from '../../src/db/transaction.ts';
import type { AppDeps } from '../../src/deps.ts';
import { newId } from '../../src/new-id.ts';
import { grant } from '../../src/services/ledger.ts';
import { insertUser } from './rows.ts';

/** A confirmed account with credits, and a token that signs its requests. */
export async function signIn(
  { db, clock, accessTokens }: Pick<AppDeps, 'db' | 'clock' | 'accessTokens'>,
  credits = 100,
): Promise<{ userId: string; token: string }> {
  const userId = await insertUser(db);
  if (credits > 0) {
    await inTransaction(db, (trx) => grant(trx, { clock }, { userId, credits }));
  }
  const session = { userId, familyId: newId('refreshToken'), generation: 0 };
  return { userId, token: await accessTokens.issue(session) };
}

import type { Kysely } from 'kysely';
import { runStatements } from '../statements.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await runStatements(db, ['alter table idempotency_keys add column seen_at timestamptz']);
}

import type { Kysely } from 'kysely';
import { runStatements } from '../statements.ts';

/** Lets all logins of an account end at once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await runStatements(db, [
    'alter table users add column token_generation integer not null default 0',
  ]);
}

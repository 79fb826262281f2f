import { RotoError } from '@roto/sdk/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** What codes of Postgres and of the network mean here. */
const meanings: Readonly<Record<string, string>> = {
  '28P01': 'it refuses the account or its password',
  '28000': 'it refuses the account',
  '3D000': 'it has no such database',
  '53300': 'it has no connection left',
  '57P03': 'it is starting or stopping',
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  ENOENT: 'there is no such socket',
};

/** @throws RotoError `invalid_config` where Postgres gives no connection; the URL is not repeated */
export async function requireReachable({ db }: Pick<Database, 'db'>): Promise<void> {
  try {
    await sql`select 1`.execute(db);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer';
    const message = `Postgres cannot be asked: ${meanings[code] ?? code}.`;
    throw new RotoError('invalid_config', message, {
      param: 'DATABASE_URL',
      hint: 'Check DATABASE_URL, and that Postgres runs.',
      cause,
    });
  }
}

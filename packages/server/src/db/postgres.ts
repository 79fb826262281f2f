import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from './database.ts';
import { wholeNumber } from './whole-number.ts';

const int8 = 20;

/** Parsers of columns for this pool alone: the ones of `pg` itself are the whole process's. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === int8 && format !== 'binary' ? wholeNumber : pg.types.getTypeParser(oid, format),
};

/** What a pool is made with. */
export interface PostgresOptions {
  /** Connections at most; those of listeners come on top. */
  readonly connections?: number;
  /** Told when an idle connection is lost; the pool makes another one when it needs it. */
  readonly onError?: (error: Error) => void;
}

/** A pool of connections to a real Postgres. Nothing is asked yet. */
export function openPostgres(
  url: string,
  { connections = 10, onError = () => undefined }: PostgresOptions = {},
): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    types,
    application_name: 'roto',
    // Many requests of one account wait for each other: that alone is no failure.
    connectionTimeoutMillis: 30_000,
  });
  pool.on('error', onError);
  return {
    kind: 'postgres',
    db: new Kysely({ dialect: new PostgresDialect({ pool }) }),
    queue: {
      async executeSql(text, values) {
        const result: unknown = await pool.query(text, values);
        return { rows: rowsOf(result) };
      },
    },
    listen: (channel, onMessage) => listenOn(url, channel, { onMessage, onError }),
    async close() {
      if (!pool.ending) await pool.end();
    },
  };
}

/** Statements in one text give a result each; the queue wants the rows of all of them. */
function rowsOf(result: unknown): unknown[] {
  if (Array.isArray(result)) return result.flatMap(rowsOf);
  const isResult = typeof result === 'object' && result !== null && 'rows' in result;
  return isResult && Array.isArray(result.rows) ? result.rows : [];
}

interface Listener {
  readonly onMessage: (payload: string) => void;
  readonly onError: (error: Error) => void;
}

/** A connection of its own, because a pool would lend it to others. */
async function listenOn(
  url: string,
  channel: string,
  { onMessage, onError }: Listener,
): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: url, application_name: 'roto listener' });
  client.on('error', onError);
  client.on('notification', ({ payload }) => onMessage(payload ?? ''));
  await client.connect();
  await client.query(`listen ${client.escapeIdentifier(channel)}`);
  return () => client.end();
}

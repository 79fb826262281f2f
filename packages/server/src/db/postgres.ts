import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from './database.ts';
import { listenOn } from './postgres-listener.ts';
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
  /** Told when a connection is lost; another one is made when it is needed. */
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
  // One that is lent out when it is lost would end the process, without a listener of its own.
  pool.on('connect', (client) => client.on('error', onError));
  pool.on('error', () => undefined);
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

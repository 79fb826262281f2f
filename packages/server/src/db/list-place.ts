import { type RawBuilder, sql } from 'kysely';

/** A place in a list that is in order of `created_at`, newest first, then of `id`. */
export interface ListPlace {
  readonly createdAt: Date;
  readonly id: string;
}

/** Which part of a list is asked for. */
export interface ListPart {
  /** Entries at most. */
  readonly limit: number;
  /** The entry before the first one; undefined for the start of the list. */
  readonly after?: ListPlace | undefined;
}

/** Whether a row of a table, or of its alias, comes behind a place. */
export function isBehind(table: string, { createdAt, id }: ListPlace): RawBuilder<boolean> {
  const [time, key] = [sql.ref(`${table}.created_at`), sql.ref(`${table}.id`)];
  return sql<boolean>`(${time} < ${createdAt} or (${time} = ${createdAt} and ${key} > ${id}))`;
}

import { type ColumnType, type Generated, type RawBuilder, sql } from 'kysely';

/** Text of JSON on its way into a column; only {@link json} makes it. */
declare const jsonText: unique symbol;
export interface JsonText<T> {
  readonly [jsonText]: T;
}

/** A jsonb column: read as `T`, written with {@link json}. */
export type Json<T> = ColumnType<T, RawBuilder<JsonText<T>>, RawBuilder<JsonText<T>>>;

/** A jsonb column that has a default. */
export type DefaultJson<T> = ColumnType<
  T,
  RawBuilder<JsonText<T>> | undefined,
  RawBuilder<JsonText<T>>
>;

/** A jsonb column that may be null. */
export type NullableJson<T> = ColumnType<
  T | null,
  RawBuilder<JsonText<T>> | null | undefined,
  RawBuilder<JsonText<T>> | null
>;

/**
 * A value for a jsonb column. Said in SQL, because the drivers disagree: `pg` turns an array into
 * a Postgres array, PGlite into JSON.
 */
export function json<T>(value: T): RawBuilder<JsonText<T>> {
  return sql<JsonText<T>>`${JSON.stringify(value)}::jsonb`;
}

/** `created_at`: set by the database unless the clock of the service says. */
export type CreatedAt = ColumnType<Date, Date | undefined, never>;

/** A column with a default. */
export type Defaulted<T> = Generated<T>;

/** A column that may be null, and is unless it is given. */
export type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;

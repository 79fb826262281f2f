import { RotoError } from '../packages/sdk/src/contract/index.ts';

/** Types a column can be added with, and what they are in TypeScript. */
const columnTypes: Readonly<Record<string, string>> = {
  text: 'string',
  integer: 'number',
  bigint: 'number',
  'double precision': 'number',
  boolean: 'boolean',
  timestamptz: 'Date',
};

/** A column to add, and what there is. */
export interface ColumnRequest {
  /** `videos.note` */
  readonly column: string;
  /** As SQL names it: `text`. */
  readonly type: string;
  /** Names of the migrations there are, in order. */
  readonly migrations: readonly string[];
  /** Text of the file that holds the table's interface. */
  readonly tables: string;
}

/** The files that add a column. */
export interface ColumnPlan {
  readonly migration: string;
  readonly statement: string;
  readonly migrationText: string;
  /** The file of the table's interface, with the column in it. */
  readonly tables: string;
}

/** Name of the interface of a table: `VideosTable` of `videos`. */
export function interfaceOf(table: string): string {
  const words = table.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Table`;
}

/** Parts a `table.column`. @throws RotoError `invalid_argument` */
export function parseColumn(text: string): { table: string; column: string } {
  const [, table, column] = /^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)$/.exec(text) ?? [];
  if (table !== undefined && column !== undefined) return { table, column };
  throw refusal(`Expected a table and a column such as videos.note but received ${text}.`);
}

/**
 * Plans the migration, and the change of the types, that add a column which may be null.
 * @throws RotoError `invalid_argument`
 */
export function planColumn(request: ColumnRequest): ColumnPlan {
  const { table, column } = parseColumn(request.column);
  const kind = columnTypes[request.type];
  if (kind === undefined) {
    const known = Object.keys(columnTypes).join(', ');
    throw refusal(`Expected one of the types ${known} but received ${request.type}.`);
  }
  const statement = `alter table ${table} add column ${column} ${request.type}`;
  const number = Number(request.migrations.at(-1)?.slice(0, 4) ?? 0) + 1;
  const name = `add-${table}-${column}`.replaceAll('_', '-');
  return {
    migration: `${String(number).padStart(4, '0')}-${name}`,
    statement,
    migrationText: migrationText(statement),
    tables: withColumn(request.tables, { table, column, kind }),
  };
}

function migrationText(statement: string): string {
  return `import type { Kysely } from 'kysely';
import { runStatements } from '../statements.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await runStatements(db, ['${statement}']);
}
`;
}

function withColumn(
  text: string,
  { table, column, kind }: { table: string; column: string; kind: string },
): string {
  const head = `export interface ${interfaceOf(table)} {\n`;
  const start = text.indexOf(head);
  const end = text.indexOf('\n}\n', start);
  if (start < 0 || end < 0) throw refusal(`There is no table ${table}.`);
  const body = text.slice(start, end);
  if (new RegExp(`^  ${column}: `, 'm').test(body)) {
    throw refusal(`The table ${table} has a column ${column} already.`);
  }
  return `${text.slice(0, end)}\n  ${column}: Nullable<${kind}>;${text.slice(end)}`;
}

function refusal(message: string): RotoError {
  return new RotoError('invalid_argument', message, {
    hint: 'pnpm migration add-column videos.note text',
  });
}

import { type Kysely, sql } from 'kysely';
import type { Tables } from './types.ts';

/** Tables that the migrations themselves need, and that no migration makes. */
const bookkeeping = ['kysely_migration', 'kysely_migration_lock'];

/** One line or block of the dump, after the table it belongs to. */
interface Part {
  readonly name: string;
  readonly text: string;
}

/**
 * The live schema as text: tables with columns and constraints, indexes, functions, triggers, in
 * the order of their names. Made from the catalogue, so that Postgres and PGlite give the same.
 */
export async function dumpSchema(db: Kysely<Tables>): Promise<string> {
  const [columns, constraints, indexes, functions, triggers] = [
    await columnsOf(db),
    await constraintsOf(db),
    await indexesOf(db),
    await functionsOf(db),
    await triggersOf(db),
  ];
  const names = [...new Set(columns.map(({ name }) => name))];
  const of = (parts: readonly Part[], table: string) =>
    parts.filter(({ name }) => name === table).map(({ text }) => text);
  const tables = names.map((table) =>
    [
      `create table ${table} (`,
      [...of(columns, table), ...of(constraints, table)].map((line) => `  ${line}`).join(',\n'),
      ');',
      ...[...of(indexes, table), ...of(triggers, table)].map((line) => `${line};`),
    ].join('\n'),
  );
  const header =
    '-- What the migrations make, from the live schema; scripts/dump-schema.ts writes it.';
  const routines = functions.map(({ text }) => `${text.trim()};`);
  return `${[header, ...tables, ...routines].join('\n\n')}\n`;
}

async function rowsOf(db: Kysely<Tables>, query: ReturnType<typeof sql<Part>>): Promise<Part[]> {
  const { rows } = await query.execute(db);
  return rows.filter(({ name }) => !bookkeeping.includes(name));
}

function columnsOf(db: Kysely<Tables>): Promise<Part[]> {
  return rowsOf(
    db,
    sql<Part>`select c.relname::text as name, concat_ws(' ', a.attname,
        format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then 'not null' end,
        case when a.attidentity = 'a' then 'generated always as identity' end,
        'default ' || pg_get_expr(d.adbin, d.adrelid)) as text
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
        and a.attnum > 0 and not a.attisdropped
      order by c.relname collate "C", a.attnum`,
  );
}

/** Not the constraints that newer versions keep for `not null`: the columns say that. */
function constraintsOf(db: Kysely<Tables>): Promise<Part[]> {
  return rowsOf(
    db,
    sql<Part>`select c.relname::text as name,
        'constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid) as text
      from pg_constraint k join pg_class c on c.oid = k.conrelid
      where k.connamespace = 'public'::regnamespace and k.contype in ('p', 'u', 'c', 'f')
      order by c.relname collate "C", k.conname collate "C"`,
  );
}

/** Those that no constraint has. */
function indexesOf(db: Kysely<Tables>): Promise<Part[]> {
  return rowsOf(
    db,
    sql<Part>`select c.relname::text as name, pg_get_indexdef(i.indexrelid) as text
      from pg_index i join pg_class c on c.oid = i.indrelid
      where c.relnamespace = 'public'::regnamespace
        and not exists (select from pg_constraint k where k.conindid = i.indexrelid
          and k.contype in ('p', 'u'))
      order by c.relname collate "C", i.indexrelid::regclass::text collate "C"`,
  );
}

function functionsOf(db: Kysely<Tables>): Promise<Part[]> {
  return rowsOf(
    db,
    sql<Part>`select p.proname::text as name, pg_get_functiondef(p.oid) as text
      from pg_proc p where p.pronamespace = 'public'::regnamespace
      order by p.proname collate "C"`,
  );
}

function triggersOf(db: Kysely<Tables>): Promise<Part[]> {
  return rowsOf(
    db,
    sql<Part>`select c.relname::text as name, pg_get_triggerdef(t.oid) as text
      from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
      order by c.relname collate "C", t.tgname collate "C"`,
  );
}

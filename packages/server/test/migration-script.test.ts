import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { interfaceOf, planColumn } from '../../../scripts/plan-column.ts';
import { migrationNames, migrationsAmong } from '../src/db/migrate.ts';
import { dumpSchema } from '../src/db/schema-dump.ts';
import { openTestDatabase } from './support/databases.ts';

const folder = new URL('../src/db/tables/', import.meta.url);

async function tableSources(): Promise<string[]> {
  const files = await readdir(folder);
  return Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')));
}

it('writes a migration that runs, and the column into the type and the dump', async () => {
  const tables =
    (await tableSources()).find((text) => text.includes('interface VideosTable')) ?? '';
  const migrations = await migrationNames();
  const plan = planColumn({ column: 'videos.note', type: 'text', migrations, tables });
  expect(plan.migration).toMatch(/^\d{4}-add-videos-note$/);
  expect(plan.migration > (migrations.at(-1) ?? '')).toBe(true);
  expect(plan.tables).toContain('  updated_at: Defaulted<Date>;\n  note: Nullable<string>;\n}');
  const { db } = await openTestDatabase('pglite');
  await sql.raw(plan.statement).execute(db);
  expect(await dumpSchema(db)).toMatch(/create table videos \([^;]*\n {2}note text,/);
});

it.each([
  ['videos.title', 'text', 'The table videos has a column title already.'],
  ['nothing.note', 'text', 'There is no table nothing.'],
  ['videos.note', 'blob', 'Expected one of the types'],
  ['videos.note;drop', 'text', 'Expected a table and a column'],
])('refuses %s %s in a sentence', (column, type, message) => {
  const tables = 'export interface VideosTable {\n  title: string;\n}\n';
  expect(() => planColumn({ column, type, migrations: [], tables })).toThrow(message);
});

it('refuses two migrations of one number, and a number left out', async () => {
  expect(migrationsAmong(['0002-b.ts', '0001-a.ts', 'notes.md', '0001-a.d.ts'])).toEqual([
    '0001-a',
    '0002-b',
  ]);
  expect(() => migrationsAmong(['0001-a.ts', '0001-b.ts'])).toThrow(
    'Expected 0002 as the number of the migration 0001-b',
  );
  expect(() => migrationsAmong(['0001-a.ts', '0003-b.ts'])).toThrow(
    'Expected 0002 as the number of the migration 0003-b',
  );
  await expect(migrationNames()).resolves.not.toEqual([]);
});

it('has in its types the columns that the database has, and null where it has null', async () => {
  const { db } = await openTestDatabase('pglite');
  const { rows } = await sql<{ table: string; column: string; nullable: boolean }>`
    select table_name as "table", column_name as "column", is_nullable = 'YES' as nullable
    from information_schema.columns
    where table_schema = 'public' and table_name not like 'kysely_%'
    order by 1, ordinal_position`.execute(db);
  const sources = (await tableSources()).join('\n');
  for (const table of new Set(rows.map((row) => row.table))) {
    const head = `export interface ${interfaceOf(table)} {`;
    const body = sources.split(head)[1]?.split('\n}\n')[0] ?? '';
    const typed = [...body.matchAll(/^ {2}(\w+):(?: (Nullable))?/gm)].map(
      ([, column, nullable]) => `${column}${nullable === undefined ? '' : '?'}`,
    );
    const live = rows
      .filter((row) => row.table === table)
      .map(({ column, nullable }) => `${column}${nullable ? '?' : ''}`);
    expect(new Set(typed), table).toEqual(new Set(live));
  }
});

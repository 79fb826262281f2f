// pnpm migration add-column videos.note text: writes the migration, the type and the schema dump.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { migrate, migrationNames } from '../packages/server/src/db/migrate.ts';
import { openPgliteInMemory } from '../packages/server/src/db/pglite.ts';
import { dumpSchema } from '../packages/server/src/db/schema-dump.ts';
import { interfaceOf, parseColumn, planColumn } from './plan-column.ts';

const source = new URL('../packages/server/src/db/', import.meta.url);

/** The file that holds a table's interface. */
async function fileOf(table: string): Promise<{ url: URL; text: string }> {
  const folder = new URL('tables/', source);
  for (const file of await readdir(folder)) {
    const url = new URL(file, folder);
    const text = await readFile(url, 'utf8');
    if (text.includes(`export interface ${interfaceOf(table)} {`)) return { url, text };
  }
  throw new Error(`There is no table ${table}.`);
}

async function addColumn(column: string, type: string): Promise<void> {
  const { url, text } = await fileOf(parseColumn(column).table);
  const migrations = await migrationNames();
  const plan = planColumn({ column, type, migrations, tables: text });
  const path = new URL(`migrations/${plan.migration}.ts`, source);
  await writeFile(path, plan.migrationText, { flag: 'wx' });
  await writeFile(url, plan.tables);
  const database = await openPgliteInMemory();
  await migrate(database.db);
  await writeFile(new URL('schema.sql', source), await dumpSchema(database.db));
  await database.close();
  console.log(`${plan.migration}: ${plan.statement}`);
}

const [command, column = '', type = '', ...rest] = process.argv.slice(2);
if (command !== 'add-column' || rest.length > 0) {
  console.error('Expected: pnpm migration add-column <table>.<column> <type>');
  process.exitCode = 2;
} else {
  await addColumn(column, type).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  });
}

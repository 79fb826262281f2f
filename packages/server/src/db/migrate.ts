import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import type { Db } from './types.ts';

/** Folder of the migrations, beside this file in the sources and in the build. */
const folder = new URL('migrations/', import.meta.url);
const migrationFile = /^(\d{4}-[a-z0-9-]+)\.(?:ts|js)$/;

/**
 * Names of the migrations there are, in order.
 * @throws Error if their numbers are not 1, 2, 3 …
 */
export async function migrationNames(): Promise<string[]> {
  return migrationsAmong(await readdir(fileURLToPath(folder)));
}

/**
 * Names of the migrations among files, in order. Two of one number would run in the order of their
 * names, whichever was written first.
 * @throws Error if their numbers are not 1, 2, 3 …
 */
export function migrationsAmong(files: readonly string[]): string[] {
  const names = files
    .filter((file) => !file.endsWith('.d.ts'))
    .map((file) => migrationFile.exec(file)?.[1])
    .filter((name) => name !== undefined)
    .sort();
  for (const [index, name] of names.entries()) {
    const number = String(index + 1).padStart(4, '0');
    if (!name.startsWith(`${number}-`)) {
      throw new Error(
        `Expected ${number} as the number of the migration ${name}: each has the one after the last.`,
      );
    }
  }
  return names;
}

/** The migrations from the folder: Kysely's own provider takes every file for one. */
const provider: MigrationProvider = {
  async getMigrations() {
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const migrations: Record<string, Migration> = {};
    for (const name of await migrationNames()) {
      migrations[name] = await import(new URL(`${name}.${ending}`, folder).href);
    }
    return migrations;
  },
};

/**
 * Brings the database up to date: all missing migrations in one transaction, under a lock, so
 * that processes that start together run them once. Gives the names of those that ran.
 */
export async function migrate(db: Db): Promise<string[]> {
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map(({ migrationName }) => migrationName);
}

/** Names of the migrations that did not run yet. */
export async function pendingMigrations(db: Db): Promise<string[]> {
  const all = await new Migrator({ db, provider }).getMigrations();
  return all.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterAll } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openPgliteInMemory, overPglite } from '../../src/db/pglite.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { installQueue } from '../../src/jobs/queue.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

/** The homes a database can have: suites run on both. */
export const databaseKinds = ['pglite', 'postgres'] as const;

let server: Promise<PostgresServer> | undefined;
const open = new Set<Database>();

afterAll(async () => {
  try {
    await Promise.all([...open].map((database) => database.close()));
  } finally {
    open.clear();
    await (await server)?.stop();
    server = undefined;
  }
});

/** This test file's Postgres, started when the first test wants it. */
export function testPostgres(): Promise<PostgresServer> {
  server ??= startPostgres();
  return server;
}

/** A database of one kind, migrated and with its queues; closed when the test file ends. */
export async function openTestDatabase(kind: Database['kind']): Promise<Database> {
  const database = kind === 'pglite' ? await openPgliteInMemory(await image()) : await postgres();
  open.add(database);
  if (kind === 'postgres') await prepare(database);
  return database;
}

/** A database with nothing in it. */
export async function openEmptyDatabase(kind: Database['kind']): Promise<Database> {
  const database = kind === 'pglite' ? await openPgliteInMemory() : await postgres();
  open.add(database);
  return database;
}

async function postgres(): Promise<Database> {
  return openPostgres(await testPostgresUrl());
}

/** The URL of a new, empty database on this file's Postgres. */
export async function testPostgresUrl(): Promise<string> {
  return (await testPostgres()).createDatabase(`test_${randomBytes(6).toString('hex')}`);
}

async function prepare(database: Database): Promise<void> {
  await migrate(database.db);
  await installQueue(database);
}

/**
 * A prepared PGlite as a file: making one takes seconds, loading it a tenth of that. It is kept
 * under the hash of what made it.
 */
async function image(): Promise<Blob> {
  const path = join(tmpdir(), `roto-pglite-${await sourcesHash()}.tar`);
  const kept = await readFile(path).catch(() => undefined);
  if (kept !== undefined) return new Blob([kept]);
  const pglite = await PGlite.create();
  await prepare(overPglite(pglite));
  const dump = await pglite.dumpDataDir('none');
  await pglite.close();
  const part = `${path}.${process.pid}`;
  await writeFile(part, new Uint8Array(await dump.arrayBuffer()));
  await rename(part, path);
  return dump;
}

async function sourcesHash(): Promise<string> {
  const hash = createHash('sha256');
  const source = new URL('../../src/', import.meta.url);
  const migrations = new URL('db/migrations/', source);
  const files = (await readdir(migrations)).sort().map((file) => new URL(file, migrations));
  const others = ['jobs/queue.ts', 'jobs/jobs.ts', '../package.json'];
  for (const file of [...files, ...others.map((name) => new URL(name, source))]) {
    // The name too: the database keeps the names of migrations, not what is in them.
    hash.update(`${basename(file.pathname)}\0`).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

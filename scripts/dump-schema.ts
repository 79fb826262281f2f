// Writes packages/server/src/db/schema.sql from what the migrations make:
// node --conditions=roto-source scripts/dump-schema.ts
import { writeFile } from 'node:fs/promises';
import { migrate } from '../packages/server/src/db/migrate.ts';
import { openPgliteInMemory } from '../packages/server/src/db/pglite.ts';
import { dumpSchema } from '../packages/server/src/db/schema-dump.ts';

const database = await openPgliteInMemory();
await migrate(database.db);
const path = new URL('../packages/server/src/db/schema.sql', import.meta.url);
await writeFile(path, await dumpSchema(database.db));
await database.close();

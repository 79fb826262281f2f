// Writes packages/server/.env.example from the table of variables:
// node --conditions=roto-source scripts/gen-env-example.ts
import { writeFile } from 'node:fs/promises';
import { renderEnvExample } from '../packages/server/src/variables.ts';

const path = new URL('../packages/server/.env.example', import.meta.url);
await writeFile(path, renderEnvExample());

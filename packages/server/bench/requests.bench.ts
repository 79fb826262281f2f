// Requests a second of `GET /api/tasks/{id}`, with all that is around a route (who asks, limits,
// headers, a line in the log), against a bare Hono route with the same query, by turns on one Postgres:
// npm run bench requests -- [seconds of a turn]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { systemClock } from '../src/clock.ts';
import { openPostgres } from '../src/db/postgres.ts';
import { createAccessTokens } from '../src/services/access-tokens.ts';
import { startMigratedPostgres } from '../test/support/migrated-postgres.ts';
import { insertTask } from '../test/support/rows.ts';
import { startServeProcess } from '../test/support/serve-process.ts';
import { signIn } from '../test/support/sign-in.ts';

const seconds = Number(process.argv[2] ?? 5);
const turns = 3;
const connections = 16;
// An account may ask 600 times a minute.
const accounts = 150;
const secret = 'only for this bench, and not for anything else';

const postgres = await startMigratedPostgres();
const DATABASE_URL = postgres.url;
const database = openPostgres(DATABASE_URL);
const { db } = database;
const service = await startServeProcess({ DATABASE_URL, SECRET_KEY: secret }, undefined, true);
const bare = spawn(
  process.execPath,
  ['--conditions=roto-source', fileURLToPath(new URL('bare-task-route.ts', import.meta.url))],
  { env: { ...process.env, DATABASE_URL }, stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  const [said] = await once(bare.stdout, 'data');
  const bareOrigin = String(said).trim();
  const deps = { db, clock: systemClock, accessTokens: createAccessTokens([secret], systemClock) };
  const asked: { path: string; barePath: string; headers: Record<string, string> }[] = [];
  for (let count = 0; count < accounts; count += 1) {
    const { userId, token } = await signIn(deps);
    const id = await insertTask(db, userId);
    const over = { status: 'cancelled', completed_at: systemClock() } as const;
    await db.updateTable('tasks').set(over).where('id', '=', id).execute();
    const path = `/api/tasks/${id}`;
    const headers = { authorization: `Bearer ${token}` };
    asked.push({ path, barePath: `${path}?user=${userId}`, headers });
  }
  const rates = { service: 0, bare: 0 };
  for (let turn = 0; turn <= turns; turn += 1) {
    const of = {
      service: await rate(service.origin, (at) => asked[at % accounts]),
      bare: await rate(bareOrigin, (at) => {
        const one = asked[at % accounts];
        return one && { path: one.barePath, headers: {} };
      }),
    };
    // The first turn warms both up.
    if (turn === 0) continue;
    rates.service += of.service / turns;
    rates.bare += of.bare / turns;
    console.log(`turn ${turn}: service ${of.service.toFixed(0)}/s, bare ${of.bare.toFixed(0)}/s`);
  }
  const ratio = rates.service / rates.bare;
  console.log(
    `GET /api/tasks/{id}: ${rates.service.toFixed(0)} requests a second, a bare route ${rates.bare.toFixed(0)}: ${ratio.toFixed(2)} of it`,
  );
} finally {
  bare.kill('SIGTERM');
  await service.stop();
  await database.close();
  await postgres.stop();
}

/** Requests that are answered with 200 in a second, over a turn. */
async function rate(
  origin: string,
  next: (at: number) => { path: string; headers: Record<string, string> } | undefined,
): Promise<number> {
  const pool = new Pool(origin, { connections });
  const untilMs = performance.now() + seconds * 1000;
  let count = 0;
  const ask = async () => {
    while (performance.now() < untilMs) {
      const { path, headers } = next(count) ?? { path: '/', headers: {} };
      count += 1;
      const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${statusCode}: ${text}`);
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: connections }, ask));
  const rateNow = (count * 1000) / (performance.now() - startedMs);
  await pool.close();
  return rateNow;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Environment, readConfig } from '../../src/config.ts';
import type { Database } from '../../src/db/database.ts';
import { createLog } from '../../src/log.ts';
import { openService, type Service } from '../../src/open-service.ts';
import { openTestDatabase } from './databases.ts';

/** What a test wants otherwise. */
export interface StartAppOptions {
  readonly kind?: Database['kind'];
  readonly env?: Environment;
  /** Whether tasks are run, on PGlite; not unless said. */
  readonly work?: boolean;
  /** Milliseconds that a preview waits for a host. */
  readonly previewPatienceMs?: number;
}

/** A service to ask without a socket, and what a test wants to reach. */
export interface TestApp extends Service {
  /** Data folder, empty at first. */
  readonly data: string;
  /** Every line of the log so far, as it was written. */
  readonly logLines: () => readonly string[];
  /** Moves the service's clock forward. */
  advance(seconds: number): void;
  /** A request with a JSON body, if any; `token` signs it. */
  ask(method: string, path: string, options?: AskOptions): Promise<Response>;
}

export interface AskOptions {
  readonly json?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Starts the whole service in this process on a database of its own; closed after the test. */
export async function startApp({
  kind = 'pglite',
  env = {},
  work = false,
  previewPatienceMs,
}: StartAppOptions = {}): Promise<TestApp> {
  const data = await mkdtemp(join(tmpdir(), 'roto-app-'));
  const lines: string[] = [];
  let aheadMs = 0;
  const service = await openService(await openTestDatabase(kind), {
    config: readConfig(env, { data }),
    clock: () => new Date(Date.now() + aheadMs),
    log: createLog('debug', { write: (line) => lines.push(line) }),
    ownOrigin: () => 'http://roto.test',
    work,
    ...(previewPatienceMs === undefined ? {} : { previewPatienceMs }),
  });
  onTestFinished(async () => {
    await service.close();
    await rm(data, { recursive: true, force: true });
  });
  return {
    ...service,
    data,
    logLines: () => lines,
    advance(seconds) {
      aheadMs += seconds * 1000;
    },
    async ask(method, path, { json, token, headers } = {}) {
      return service.app.request(path, {
        method,
        headers: {
          ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
    },
  };
}

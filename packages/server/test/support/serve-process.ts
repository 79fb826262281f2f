import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Environment } from '../../src/config.ts';

/** The service in a process of its own. */
export interface ServeProcess {
  readonly origin: string;
  readonly pid: number;
  /** Its data folder, empty at first; removed when it stops. */
  readonly data: string;
  /** The first link of a mail that it logs. */
  readonly link: Promise<string>;
  stop(): Promise<void>;
  /** Ends it at once, as a crash would do, and keeps its data folder. */
  kill(): Promise<void>;
}

/** What `deploy/systemd/roto.service` sets to keep its memory small. */
const unitMemory = { NODE_OPTIONS: '--max-semi-space-size=2', MALLOC_ARENA_MAX: '2' };

/**
 * Starts it on a free port, on a new data folder unless one is said; the environment of this process
 * counts too. It runs from the sources, which are compiled in its own memory: where that is measured it
 * runs as it was built, which `npm run bench` and `npm run soak` do first, and as `roto.service` has it.
 */
export async function startServeProcess(
  env: Environment = {},
  folder?: string,
  isBuilt = false,
): Promise<ServeProcess> {
  const data = folder ?? (await mkdtemp(join(tmpdir(), 'roto-served-')));
  const entry = isBuilt ? '../../dist/bin/serve.js' : '../../src/bin/serve.ts';
  const serve = new URL(entry, import.meta.url).href;
  const script = `import { serve } from ${JSON.stringify(serve)};
const flags = { data: ${JSON.stringify(data)}, port: 0 };
const server = await serve({ env: process.env, cwd: '.', flags });
process.once('SIGTERM', () => server.stop());`;
  const child = spawn(
    process.execPath,
    [...(isBuilt ? [] : ['--conditions=roto-source']), '--input-type=module', '-e', script],
    {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, ...(isBuilt ? unitMemory : {}), ROTO_LOG_LEVEL: 'info', ...env },
    },
  );
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  const stop = async () => {
    await end('SIGTERM');
    await rm(data, { recursive: true, force: true });
  };
  try {
    const { origin, link } = said(child);
    return {
      origin: await origin,
      pid: child.pid ?? 0,
      data,
      link,
      stop,
      kill: () => end('SIGKILL'),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function said(child: ChildProcess) {
  const lines = createInterface({ input: child.stderr ?? Readable.from([]) });
  const origin = Promise.withResolvers<string>();
  const link = Promise.withResolvers<string>();
  let rest = '';
  lines.on('line', (line) => {
    const entry: unknown = line.startsWith('{') ? JSON.parse(line) : {};
    if (!line.startsWith('{')) rest += `${line}\n`;
    if (typeof entry !== 'object' || entry === null) return;
    if ('origin' in entry) origin.resolve(String(entry.origin));
    if ('link' in entry) link.resolve(String(entry.link));
  });
  child.once('exit', () => origin.reject(new Error(`The service ended: ${rest}`)));
  return { origin: origin.promise, link: link.promise };
}

/** Lets the highest memory of a process count from now on. */
export function forgetPeak(pid: number): Promise<void> {
  return writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** Mebibytes that a process holds, or held at most. */
export async function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1];
  return Math.round(Number(kib) / 1024);
}

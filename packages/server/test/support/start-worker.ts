import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A worker in a process of its own. */
export interface WorkerProcess {
  readonly id: string;
  /** Sends a signal and waits for the end; gives the exit status, null where the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Kills its inference hosts; gives how many there were. */
  killHosts(): Promise<number>;
}

/** Starts a worker on a database and a data folder; killed after the test. */
export async function startWorker(url: string, data: string): Promise<WorkerProcess> {
  const script = fileURLToPath(new URL('worker-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=roto-source', script], {
    env: {
      ...process.env,
      DATABASE_URL: url,
      ROTO_DATA: data,
      ROTO_LOG_LEVEL: process.env['ROTO_TEST_LOG'] ?? 'silent',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = await Promise.race([once(child.stdout, 'data'), ended(child)]);
  return {
    id: String(said).trim(),
    async end(signal) {
      const gone = once(child, 'exit');
      child.kill(signal);
      const [status] = await gone;
      return typeof status === 'number' ? status : null;
    },
    async killHosts() {
      const hosts = await hostsOf(child.pid ?? 0);
      for (const pid of hosts) process.kill(pid, 'SIGKILL');
      return hosts.length;
    },
  };
}

async function ended(child: ChildProcess): Promise<never> {
  const [status] = await once(child, 'exit');
  throw new Error(`The worker ended with ${status} before it was there.`);
}

async function hostsOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8')),
  );
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  const lines = await Promise.all(
    children.map(async (child) => ({
      child,
      line: await readFile(`/proc/${child}/cmdline`, 'utf8'),
    })),
  );
  return lines.filter(({ line }) => line.includes('inference-host')).map(({ child }) => child);
}

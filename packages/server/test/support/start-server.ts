import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type RunningServer, serve } from '../../src/bin/serve.ts';
import type { Environment } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';

/** A service on a socket, on a free port, in a folder of its own; stopped after the test. */
export async function startServer(
  env: Environment = {},
): Promise<RunningServer & { data: string }> {
  const data = await mkdtemp(join(tmpdir(), 'roto-server-'));
  const server = await serve({
    env,
    cwd: data,
    flags: { data, port: 0 },
    log: createLog('silent'),
  });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= server.stop());
  onTestFinished(async () => {
    await stop();
    await rm(data, { recursive: true, force: true });
  });
  return { ...server, stop, data };
}

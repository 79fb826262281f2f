import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Io, writeLine } from '../io/io.ts';

const run = promisify(execFile);

/**
 * Tells systemd how it goes, where systemd asked for that (`Type=notify`); does nothing elsewhere.
 * Node has no Unix datagram sockets: systemd's own program sends it.
 */
export async function tellSystemd(
  { env, stderr }: Pick<Io, 'env' | 'stderr'>,
  state: 'ready' | 'stopping',
): Promise<void> {
  if (!env['NOTIFY_SOCKET']) return;
  const message = state === 'ready' ? 'READY=1' : 'STOPPING=1';
  try {
    await run('systemd-notify', [message], { env });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    writeLine(stderr, `systemd was not told ${message}: ${reason}`);
  }
}

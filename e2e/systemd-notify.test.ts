import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findProgram } from '../packages/server/test/support/find-program.ts';
import { startRoto } from './support/roto-process.ts';

const hasTools = findProgram('systemd-notify') !== undefined && findProgram('perl') !== undefined;

/** Prints what arrives at a Unix datagram socket: Node has none, and Debian always has perl. */
const receiver = `use Socket; $| = 1;
socket(my $socket, PF_UNIX, SOCK_DGRAM, 0) or die; bind($socket, sockaddr_un($ARGV[0])) or die;
print "LISTENING\\n"; while (defined recv($socket, my $said, 4096, 0)) { print "$said\\n"; }`;

async function startReceiver(socket: string) {
  const child = spawn('perl', ['-e', receiver, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill();
  });
  const lines = createInterface({ input: child.stdout });
  const states: string[] = [];
  lines.on('line', (line) => states.push(line));
  await once(lines, 'line');
  /** Those that systemd acts on. */
  return () => states.filter((line) => /^(READY|STOPPING)=/.test(line));
}

describe.skipIf(!hasTools)('roto under systemd (needs systemd-notify and perl)', () => {
  it('is ready once it answers, and says that it stops before it does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'roto-notify-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const socket = join(folder, 'notify');
    const states = await startReceiver(socket);
    const address = Promise.withResolvers<string>();
    const { child, ended } = startRoto(['serve', '--port', '0', '--data', 'data'], {
      cwd: folder,
      env: { NOTIFY_SOCKET: socket },
      onLine: (line, stream) => stream === 'stdout' && address.resolve(line),
    });
    expect(await Promise.race([ended, address.promise])).toMatch(/^http/);
    expect((await fetch(`${await address.promise}/readyz`)).status).toBe(200);
    await expect.poll(states, { timeout: 20_000 }).toEqual(['READY=1']);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ status: 0, stderr: expect.not.stringContaining('told') });
    expect(states()).toEqual(['READY=1', 'STOPPING=1']);
  });
});

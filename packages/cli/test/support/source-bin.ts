import { createProcessIo, flushed } from '../../src/io/process-io.ts';
import { main } from '../../src/main.ts';

/** The command over the sources, for tests that need a process of its own. */
const io = createProcessIo(process, (signal) => {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
const status = await main(process.argv.slice(2), io);
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(status);

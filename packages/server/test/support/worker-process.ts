import { work } from '../../src/bin/worker.ts';

// What `roto worker` does, from the sources: says its id, and stops in order on SIGTERM.
const worker = await work({ env: process.env, cwd: process.cwd() });
process.stdout.write(`${worker.id}\n`);
process.once('SIGTERM', () => {
  void worker.stop().then(() => process.exit(0));
});

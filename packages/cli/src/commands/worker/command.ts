import { once } from 'node:events';
import { writeLine } from '../../io/io.ts';
import { loadServer } from '../../service/load-server.ts';
import { serviceOptions } from '../../service/service-options.ts';
import { tellSystemd } from '../../service/tell-systemd.ts';
import { defineCommand } from '../command-spec.ts';

/** `roto worker`: runs tasks of a service, until it is stopped. */
export function createWorkerCommand() {
  const { data } = serviceOptions;
  return defineCommand({
    name: 'worker',
    summary: "run the service's tasks on this machine",
    description: [
      'Takes tasks from the Postgres of DATABASE_URL and runs those that this machine has the model and the device for. Start as many as there are machines; roto serve with its embedded database runs tasks itself.',
      'Prints its id once it is known to the service. SIGINT or SIGTERM hand back what it runs, which another worker goes on with, and the exit status is 0.',
    ],
    arguments: [],
    options: { data },
    examples: [
      { text: '', line: 'roto worker' },
      { text: 'with its files elsewhere', line: 'roto worker --data /scratch/roto' },
    ],
    run: async ({ options }, { io }) => {
      const { work } = await loadServer();
      const worker = await work({ env: io.env, cwd: io.cwd, flags: options });
      writeLine(io.stdout, worker.id);
      await tellSystemd(io, 'ready');
      if (!io.signal.aborted) await once(io.signal, 'abort');
      await tellSystemd(io, 'stopping');
      await worker.stop();
      return 'ok';
    },
  });
}

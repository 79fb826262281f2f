import { once } from 'node:events';
import { writeLine } from '../../io/io.ts';
import { loadServer } from '../../service/load-server.ts';
import { serviceOptions } from '../../service/service-options.ts';
import { tellSystemd } from '../../service/tell-systemd.ts';
import { defineCommand } from '../command-spec.ts';

/** `roto serve`: the service, until it is stopped. */
export function createServeCommand() {
  return defineCommand({
    name: 'serve',
    summary: 'run the service on this machine',
    description: [
      'Runs the service with an embedded database and a folder, or on what the environment names: DATABASE_URL is Postgres, AWS_S3_BUCKET is S3. All variables are in .env.example of @roto/server, and all of them are checked first.',
      'Prints its address once it answers. SIGINT or SIGTERM stop it in order: what is under way ends first, and the exit status is 0.',
    ],
    arguments: [],
    options: serviceOptions,
    examples: [
      { text: '', line: 'roto serve' },
      { text: 'elsewhere', line: 'roto serve --host 0.0.0.0 --port 80 --data /srv/roto' },
    ],
    run: async ({ options }, { io }) => {
      const { serve } = await loadServer();
      const server = await serve({ env: io.env, cwd: io.cwd, flags: options });
      writeLine(io.stdout, server.origin);
      await tellSystemd(io, 'ready');
      if (!io.signal.aborted) await once(io.signal, 'abort');
      await tellSystemd(io, 'stopping');
      await server.stop();
      return 'ok';
    },
  });
}

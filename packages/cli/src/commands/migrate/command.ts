import { writeLine } from '../../io/io.ts';
import { counted } from '../../io/quantities.ts';
import { loadServer } from '../../service/load-server.ts';
import { serviceOptions } from '../../service/service-options.ts';
import { defineCommand } from '../command-spec.ts';

/** `roto migrate`: brings the database of the service up to date. */
export function createMigrateCommand() {
  const { data } = serviceOptions;
  return defineCommand({
    name: 'migrate',
    summary: "bring the service's database up to date",
    description: [
      'Runs the migrations that the database of DATABASE_URL does not have yet, under a lock: several may run at a time. The embedded database migrates itself when roto serve starts.',
    ],
    arguments: [],
    options: { data },
    examples: [{ text: '', line: 'roto migrate' }],
    run: async ({ options }, { io }) => {
      const { migrateDatabase } = await loadServer();
      const ran = await migrateDatabase(io.env, options, io.cwd);
      for (const name of ran) writeLine(io.stdout, name);
      writeLine(io.stderr, `${counted(ran.length, 'migration')} ran`);
      return 'ok';
    },
  });
}

import { writeLine } from '../../io/io.ts';
import { loadServer } from '../../service/load-server.ts';
import { serviceOptions } from '../../service/service-options.ts';
import { type CommandGroupSpec, defineCommand } from '../command-spec.ts';
import { createServiceCommands } from './service-commands.ts';
import { createUserCommands } from './user-commands.ts';

/** `roto admin`: what only those do who run the service. */
export function createAdminCommands(): CommandGroupSpec {
  return {
    name: 'admin',
    summary: 'those who run the service',
    commands: [createBootstrap(), ...createUserCommands(), ...createServiceCommands()],
  };
}

function createBootstrap() {
  const { data } = serviceOptions;
  return defineCommand({
    name: 'bootstrap',
    summary: 'make the first super user of the service',
    description: [
      'Makes the account of an address a super user, as long as there is none; they make others. An account that is not there yet is made, and a link shown on which its password is chosen within an hour. On the embedded database the service has to be stopped meanwhile.',
    ],
    arguments: [{ syntax: '<email>', text: 'address of the account' }],
    options: { data },
    examples: [{ text: '', line: 'roto admin bootstrap ada@example.com' }],
    run: async ({ words: [email = ''], options }, { io }) => {
      const { bootstrapAdmin } = await loadServer();
      const { userId, link } = await bootstrapAdmin({
        env: io.env,
        flags: options,
        cwd: io.cwd,
        email,
      });
      writeLine(io.stdout, userId);
      writeLine(
        io.stderr,
        link === undefined ? `${email} is a super user` : `${email} chooses a password at ${link}`,
      );
      return 'ok';
    },
  });
}

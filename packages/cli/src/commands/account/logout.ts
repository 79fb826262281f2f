import { type LogoutDocument, RotoError } from '@roto/sdk/contract';
import {
  type AuthFile,
  changeAuthFile,
  readAuthFile,
  withoutProfile,
} from '../../config/auth-file.ts';
import { envValue, type Io } from '../../io/io.ts';
import { clientFor } from '../../server/open-server.ts';
import { switchOption } from '../option-spec.ts';
import { defineAskingCommand } from '../server-command.ts';

/** `roto logout`: forgets a login, and ends it at the server. */
export function createLogoutCommand() {
  return defineAskingCommand({
    name: 'logout',
    summary: 'sign out, and forget the login',
    description: [
      'Ends the login at the server and removes it from this machine. An API key stays valid: revoke it with roto keys revoke.',
    ],
    options: { all: switchOption('Account', '--all', 'every profile') },
    examples: [
      { text: '', line: 'roto logout' },
      { text: 'one of several', line: 'roto logout --profile farm' },
    ],
    answer: async ({ options, io }) => {
      const file = await readAuthFile(io);
      const names = options.all === true ? Object.keys(file.profiles) : [oneOf(file, io, options)];
      const unreached: string[] = [];
      for (const name of names) {
        if (!(await endLogin(file, name, io))) unreached.push(name);
        await changeAuthFile(io, (now) => withoutProfile(now, name));
      }
      const document: LogoutDocument = { schema: 'roto.logout/1', profiles: names, unreached };
      const lines = names.map((name) =>
        unreached.includes(name)
          ? `${name} is forgotten here; its server was not reached, so the login ends there by itself`
          : `signed out of ${name}`,
      );
      return { document, lines: lines.length === 0 ? ['no logins'] : lines };
    },
  });
}

function oneOf(file: AuthFile, io: Io, { profile }: { readonly profile?: string | undefined }) {
  const name = profile ?? envValue(io, 'ROTO_PROFILE') ?? file.current;
  if (file.profiles[name] !== undefined) return name;
  throw new RotoError('unauthenticated', `There is no login of the profile ${name}.`, {
    param: '--profile',
  });
}

/** Whether the server knows of it now; without one, the login here is gone all the same. */
async function endLogin(file: AuthFile, name: string, { signal }: Io): Promise<boolean> {
  const profile = file.profiles[name];
  if (profile?.login === undefined) return true;
  const { refreshToken } = profile.login;
  try {
    const roto = await clientFor(profile.baseUrl);
    await roto.auth.logout({ refreshToken }, { signal, maxRetries: 0 });
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}

import type { AccountDocument, User } from '@roto/sdk/contract';
import { RotoError } from '@roto/sdk/contract';
import {
  changeAuthFile,
  firstProfile,
  type Profile,
  readAuthFile,
  withProfile,
} from '../../config/auth-file.ts';
import { parseBaseUrl } from '../../config/connection.ts';
import { loginTokens } from '../../config/login-token.ts';
import { askChoice, askSecret, askText, canAsk } from '../../io/ask.ts';
import { envValue, type Io } from '../../io/io.ts';
import { readSecret } from '../../io/read-secret.ts';
import { clientFor } from '../../server/open-server.ts';
import { switchOption } from '../option-spec.ts';
import { defineAskingCommand } from '../server-command.ts';
import { type AccountAnswers, accountOptions, emailFor, passwordFor } from './account-options.ts';
import { accountLines } from './whoami.ts';

const usualServer = 'http://127.0.0.1:8000';

/** `roto login`: a server, and as whom it is used from now on. */
export function createLoginCommand() {
  return defineAskingCommand({
    name: 'login',
    summary: 'sign in to a roto server, with a password or an API key',
    description: [
      'Keeps the server and the login in roto/auth.json of ~/.config (XDG_CONFIG_HOME), which only you can read. Every other command then uses that server unless --local is given. With --profile several servers or accounts are kept beside each other; the last login counts where none is named.',
      'Asks for what it needs in a terminal. In a script, give an API key with --with-token, or set ROTO_BASE_URL and ROTO_API_KEY and sign in nowhere.',
    ],
    options: {
      ...accountOptions,
      withToken: switchOption(
        'Account',
        '--with-token',
        'read an API key (roto keys create) from standard input',
      ),
    },
    examples: [
      { text: '', line: 'roto login --base-url https://roto.example.com' },
      {
        text: 'a second server, by an API key',
        line: 'roto login --profile farm --base-url http://10.0.0.7:8000 \\\n  --with-token < key.txt',
      },
    ],
    answer: async ({ options, io }) => {
      const { profile: name, baseUrl } = await placeFor(io, options);
      const profile = await signIn(io, baseUrl, options);
      const user = await userOf(io, profile);
      await changeAuthFile(io, (file) =>
        withProfile(file, name, { ...profile, email: user.email }, { isCurrent: true }),
      );
      const document: AccountDocument = {
        schema: 'roto.account/1',
        server: baseUrl,
        profile: name,
        user,
      };
      return { document, lines: [`signed in as ${user.email}`, ...accountLines(document)] };
    },
  });
}

interface LoginOptions extends AccountAnswers {
  readonly profile?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly withToken?: boolean | undefined;
}

/** The profile and its server. */
async function placeFor(io: Io, options: LoginOptions) {
  const { current, profiles } = await readAuthFile(io);
  const profile = options.profile ?? envValue(io, 'ROTO_PROFILE') ?? (current || firstProfile);
  const said = options.baseUrl ?? envValue(io, 'ROTO_BASE_URL') ?? profiles[profile]?.baseUrl;
  if (said !== undefined) return { profile, baseUrl: parseBaseUrl(said) };
  if (!canAsk(io, options)) {
    throw new RotoError('invalid_argument', 'Expected --base-url, the address of the server.', {
      param: '--base-url',
    });
  }
  return {
    profile,
    baseUrl: parseBaseUrl(await askText(io, 'Address of the server', usualServer)),
  };
}

async function signIn(io: Io, baseUrl: string, options: LoginOptions): Promise<Profile> {
  if (options.withToken === true) {
    return { baseUrl, apiKey: await readSecret(io, '--with-token') };
  }
  const said = options.email !== undefined || options.passwordStdin === true;
  if (!said && canAsk(io, options) && (await askHow(io)) === 'key') {
    return { baseUrl, apiKey: await askSecret(io, 'API key') };
  }
  const email = await emailFor(io, options);
  const password = await passwordFor(io, options, { isNew: false });
  const roto = await clientFor(baseUrl);
  const pair = await roto.auth.login({ email, password }, { signal: io.signal });
  return { baseUrl, email, login: loginTokens(pair) };
}

function askHow(io: Io) {
  return askChoice(io, 'Sign in with', [
    { value: 'password', name: 'e-mail address and password' },
    { value: 'key', name: 'API key' },
  ]);
}

async function userOf(io: Io, { baseUrl, apiKey, login }: Profile): Promise<User> {
  const roto = await clientFor(baseUrl, apiKey ?? login?.accessToken);
  return roto.users.me({ signal: io.signal });
}

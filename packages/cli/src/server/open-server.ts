import type { Roto } from '@roto/sdk';
import { RotoError } from '@roto/sdk/contract';
import { type Connection, type ConnectionOptions, findConnection } from '../config/connection.ts';
import { accessToken } from '../config/login-token.ts';
import type { Io } from '../io/io.ts';

/** A server that commands speak to. */
export interface Server {
  readonly roto: Roto;
  readonly connection: Connection;
}

/** A client of a server, as nobody. */
export async function clientFor(
  baseUrl: string,
  apiKey?: string | (() => Promise<string>),
): Promise<Roto> {
  const { Roto: Client } = await import('@roto/sdk');
  return new Client({ baseUrl, apiKey });
}

/** Whether a command can do without a server, by `--local`. */
export type Need = 'server' | 'server or --local';

/**
 * The configured server, as the one who is signed in.
 * @throws RotoError `unauthenticated` naming the ways there are, where there is none
 */
export async function openServer(io: Io, options: ConnectionOptions, need: Need): Promise<Server> {
  const connection = await findConnection(io, options);
  if (connection === undefined) throw noServer(need);
  const { baseUrl, credential } = connection;
  if (credential === undefined) throw notSignedIn(connection, need);
  if (credential.kind !== 'login') {
    return { connection, roto: await clientFor(baseUrl, credential.key) };
  }
  const anonymous = await clientFor(baseUrl);
  const { signal } = io;
  const roto = await clientFor(baseUrl, () =>
    accessToken(io, credential.profile, (refreshToken) =>
      anonymous.auth.refresh({ refreshToken }, { signal }),
    ),
  );
  return { connection, roto };
}

function noServer(need: Need): RotoError {
  const signIn = 'sign in to a server with roto login';
  return missing(need, 'none is configured', `${signIn}, or set ROTO_BASE_URL and ROTO_API_KEY`);
}

function notSignedIn({ baseUrl, profile }: Connection, need: Need): RotoError {
  const login = profile === undefined ? `--base-url ${baseUrl}` : `--profile ${profile}`;
  return missing(need, `nobody is signed in to ${baseUrl}`, `sign in with roto login ${login}`);
}

function missing(need: Need, what: string, remedy: string): RotoError {
  if (need === 'server') {
    const hint = `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`;
    return new RotoError('unauthenticated', `Expected a roto server: ${what}.`, { hint });
  }
  return new RotoError(
    'unauthenticated',
    `Expected --local to run on this machine, or a roto server: ${what}.`,
    { param: '--local', hint: `Add --local, or ${remedy}.` },
  );
}

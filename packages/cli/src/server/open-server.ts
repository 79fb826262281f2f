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

/**
 * The configured server, as the one who is signed in.
 * @throws RotoError `unauthenticated` naming both ways where there is none
 */
export async function openServer(io: Io, options: ConnectionOptions): Promise<Server> {
  const connection = await findConnection(io, options);
  if (connection === undefined) throw noServer();
  const { baseUrl, credential } = connection;
  if (credential === undefined) throw notSignedIn(connection);
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

function noServer(): RotoError {
  return new RotoError(
    'unauthenticated',
    'Expected --local to run on this machine, or a roto server: none is configured.',
    { param: '--local', hint: 'Add --local, or sign in to a server with roto login.' },
  );
}

function notSignedIn({ baseUrl, profile }: Connection): RotoError {
  const login = profile === undefined ? `--base-url ${baseUrl}` : `--profile ${profile}`;
  return new RotoError(
    'unauthenticated',
    `Expected --local to run on this machine, or a roto server: nobody is signed in to ${baseUrl}.`,
    { param: '--local', hint: `Add --local, or sign in with roto login ${login}.` },
  );
}

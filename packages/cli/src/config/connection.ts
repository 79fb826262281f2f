import { RotoError } from '@roto/sdk/contract';
import { quoted } from '../args/numbers.ts';
import { envValue, type Io } from '../io/io.ts';
import { type AuthFile, type Profile, readAuthFile } from './auth-file.ts';

/** Which server is meant, as the command line says it. */
export interface ConnectionOptions {
  readonly profile?: string | undefined;
  readonly baseUrl?: string | undefined;
}

/** A server, and what to show it. */
export interface Connection {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** The profile it comes from; undefined where flags and environment alone say it. */
  readonly profile: string | undefined;
  /** Undefined: nobody is signed in there. */
  readonly credential:
    | { readonly kind: 'key'; readonly key: string }
    | { readonly kind: 'login'; readonly profile: string }
    | undefined;
}

/**
 * The server that is configured: `--profile` and `--base-url`, else `ROTO_PROFILE` and
 * `ROTO_BASE_URL`, else the profile of the last login. A profile's token goes to the profile's own
 * server and to no other; `ROTO_API_KEY` goes to whichever server is meant.
 * @throws RotoError `invalid_argument` for a profile that is not there, `invalid_config`
 */
export async function findConnection(
  io: Pick<Io, 'env'>,
  options: ConnectionOptions,
): Promise<Connection | undefined> {
  const file = await readAuthFile(io);
  const asked = options.profile ?? envValue(io, 'ROTO_PROFILE');
  const said = options.baseUrl ?? envValue(io, 'ROTO_BASE_URL');
  const isNew = asked !== undefined && file.profiles[asked] === undefined;
  if (isNew && said === undefined) throw noProfile(asked, file);
  const baseUrl = said === undefined ? undefined : parseBaseUrl(said);
  const [name, profile] = profileFor(file, asked, baseUrl) ?? [];
  const server = baseUrl ?? profile?.baseUrl;
  if (server === undefined) return undefined;
  const key = envValue(io, 'ROTO_API_KEY');
  const credential =
    key === undefined ? credentialOf(name, profile) : ({ kind: 'key', key } as const);
  return { baseUrl: server, profile: name, credential };
}

/** The profile that is meant; of those for another server than was named, none. */
function profileFor(
  file: AuthFile,
  asked: string | undefined,
  baseUrl: string | undefined,
): [string, Profile] | undefined {
  const named = asked ?? file.current;
  const candidates = [named, ...(asked === undefined ? Object.keys(file.profiles) : [])];
  for (const name of candidates) {
    const profile = file.profiles[name];
    if (profile === undefined) continue;
    if (baseUrl === undefined || profile.baseUrl === baseUrl) return [name, profile];
  }
  return undefined;
}

function credentialOf(
  name: string | undefined,
  profile: Profile | undefined,
): Connection['credential'] {
  if (name === undefined || profile === undefined) return undefined;
  if (profile.apiKey !== undefined) return { kind: 'key', key: profile.apiKey };
  return profile.login === undefined ? undefined : { kind: 'login', profile: name };
}

/**
 * Reads the address of a server.
 * @throws RotoError `invalid_argument`
 */
export function parseBaseUrl(text: string, flag = '--base-url'): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const isPlain = url !== undefined && !url.search && !url.hash && !url.username && !url.password;
  if (!isPlain || !/^https?:$/.test(url.protocol)) {
    throw new RotoError(
      'invalid_argument',
      `Expected the address of a roto server such as http://127.0.0.1:8000 for ${flag}, without a password or a query.`,
      { param: flag },
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/**
 * Reads the name of a profile.
 * @throws RotoError `invalid_argument`
 */
export function parseProfile(text: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(text)) return text;
  throw new RotoError(
    'invalid_argument',
    `Expected a name of letters, digits, dots and dashes for --profile but received ${quoted(text)}.`,
    { param: '--profile' },
  );
}

function noProfile(asked: string, { profiles }: AuthFile): RotoError {
  const names = Object.keys(profiles);
  const known = names.length === 0 ? 'There is none yet.' : `There is ${names.join(', ')}.`;
  return new RotoError('unauthenticated', `There is no profile ${quoted(asked)}.`, {
    param: '--profile',
    hint: `${known} roto login --profile ${asked} makes it.`,
  });
}

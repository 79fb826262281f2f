import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import { z } from 'zod';
import { quoted } from '../args/numbers.ts';
import { envValue, type Io } from '../io/io.ts';

/** What a login left: a short-lived token, and what gets the next one. */
const LoginTokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  /** When the access token ends, ISO 8601. */
  expiresAt: z.iso.datetime(),
});
export type LoginTokens = z.infer<typeof LoginTokens>;

/** A server, and as whom it is used. */
const Profile = z.object({
  baseUrl: z.string(),
  /** Absent where an API key was given, whose account was not asked for. */
  email: z.string().optional(),
  apiKey: z.string().optional(),
  login: LoginTokens.optional(),
});
export type Profile = z.infer<typeof Profile>;

const AuthFile = z.object({
  schema: z.literal('roto.auth/1'),
  /** Profile that counts where none is named. */
  current: z.string(),
  profiles: z.record(z.string(), Profile),
});
export type AuthFile = z.infer<typeof AuthFile>;

/** Name of the profile where none is named and none is there yet. */
export const firstProfile = 'default';

const empty: AuthFile = { schema: 'roto.auth/1', current: firstProfile, profiles: {} };

/** Where servers and tokens are kept: `roto/auth.json` of the XDG folder for settings. */
export function authFilePath(io: Pick<Io, 'env'>): string {
  const home = envValue(io, 'HOME') ?? homedir();
  return resolve(envValue(io, 'XDG_CONFIG_HOME') ?? join(home, '.config'), 'roto', 'auth.json');
}

/**
 * Reads the profiles; none where there is no file.
 * @throws RotoError `invalid_config` where the file is not what roto writes
 */
export async function readAuthFile(io: Pick<Io, 'env'>): Promise<AuthFile> {
  const path = authFilePath(io);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return empty;
    throw unusable(path, 'it cannot be read', cause);
  }
  try {
    return AuthFile.parse(JSON.parse(text));
  } catch (cause) {
    throw unusable(path, 'it is not what roto login writes', cause);
  }
}

/**
 * Changes the profiles. The file appears whole and only its owner can read it.
 * @throws RotoError `invalid_config`, `output_unwritable`
 */
export async function changeAuthFile(
  io: Pick<Io, 'env'>,
  change: (file: AuthFile) => AuthFile,
): Promise<AuthFile> {
  const path = authFilePath(io);
  const changed = change(await readAuthFile(io));
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const text = `${JSON.stringify(changed, undefined, 2)}\n`;
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600 });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new RotoError('output_unwritable', `The login cannot be kept in ${quoted(path)}.`, {
      hint: 'Make the folder writable, or use ROTO_API_KEY and ROTO_BASE_URL.',
      cause,
    });
  }
  return changed;
}

/** The file with one profile put in, which counts from now on where `isCurrent`. */
export function withProfile(
  file: AuthFile,
  name: string,
  profile: Profile,
  { isCurrent }: { readonly isCurrent: boolean },
): AuthFile {
  return {
    ...file,
    current: isCurrent ? name : file.current,
    profiles: { ...file.profiles, [name]: profile },
  };
}

/** The file without one profile; another one counts where it was the current one. */
export function withoutProfile(file: AuthFile, name: string): AuthFile {
  const { [name]: _gone, ...profiles } = file.profiles;
  const current = file.current === name ? (Object.keys(profiles)[0] ?? firstProfile) : file.current;
  return { ...file, current, profiles };
}

function unusable(path: string, reason: string, cause: unknown): RotoError {
  return new RotoError('invalid_config', `The logins in ${quoted(path)} are unusable: ${reason}.`, {
    param: '--profile',
    hint: 'Remove the file and sign in again with roto login.',
    cause,
  });
}

import { mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RotoError, type TokenPair } from '@roto/sdk/contract';
import { quoted } from '../args/numbers.ts';
import type { Io } from '../io/io.ts';
import {
  authFilePath,
  changeAuthFile,
  type LoginTokens,
  readAuthFile,
  withProfile,
} from './auth-file.ts';

/** Milliseconds before its end at which an access token is renewed. */
const earlyMs = 30_000;
/** Milliseconds after which a lock is one that a killed process left. */
const staleMs = 30_000;
const lookAgainMs = 50;

/** What is kept of a pair of tokens. */
export function loginTokens(pair: TokenPair, now = Date.now()): LoginTokens {
  const { accessToken, refreshToken, expiresIn } = pair;
  return { accessToken, refreshToken, expiresAt: new Date(now + expiresIn * 1000).toISOString() };
}

/**
 * The access token of a profile, renewed where it is about to end. A refresh token counts once, and
 * one that comes twice ends the login: of several processes one renews, the others wait for it.
 * @throws RotoError `unauthenticated`, and what a call throws
 */
export async function accessToken(
  io: Pick<Io, 'env' | 'signal'>,
  profile: string,
  refresh: (refreshToken: string) => Promise<TokenPair>,
): Promise<string> {
  const known = await tokensOf(io, profile);
  if (isFresh(known)) return known.accessToken;
  return locked(io, async () => {
    const now = await tokensOf(io, profile);
    if (isFresh(now)) return now.accessToken;
    const pair = await refresh(now.refreshToken).catch((cause: unknown) => {
      const ended = cause instanceof RotoError && cause.code === 'unauthenticated';
      throw ended ? signInAgain(profile, cause) : cause;
    });
    await changeAuthFile(io, (file) => {
      const kept = file.profiles[profile];
      if (kept === undefined) return file;
      return withProfile(file, profile, { ...kept, login: loginTokens(pair) }, notCurrent);
    });
    return pair.accessToken;
  });
}

const notCurrent = { isCurrent: false } as const;

async function tokensOf(io: Pick<Io, 'env'>, profile: string): Promise<LoginTokens> {
  const { profiles } = await readAuthFile(io);
  const tokens = profiles[profile]?.login;
  if (tokens === undefined) throw signInAgain(profile);
  return tokens;
}

function isFresh({ expiresAt }: LoginTokens): boolean {
  return Date.parse(expiresAt) - Date.now() > earlyMs;
}

/** Runs `work` while no other process does, by a folder that only one can make. */
async function locked<T>(
  { env, signal }: Pick<Io, 'env' | 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  const lock = `${authFilePath({ env })}.lock`;
  await mkdir(dirname(lock), { recursive: true, mode: 0o700 });
  while (!(await takes(lock))) await sleep(lookAgainMs, undefined, { signal });
  try {
    return await work();
  } finally {
    await rmdir(lock).catch(() => undefined);
  }
}

async function takes(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const made = await stat(lock).catch(() => undefined);
  if (made !== undefined && Date.now() - made.mtimeMs > staleMs) {
    await rmdir(lock).catch(() => undefined);
  }
  return false;
}

function signInAgain(profile: string, cause?: unknown): RotoError {
  return new RotoError(
    'unauthenticated',
    `The login of the profile ${quoted(profile)} has ended.`,
    {
      hint: `Sign in again: roto login --profile ${profile}.`,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

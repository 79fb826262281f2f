import { execFile } from 'node:child_process';
import { access, chmod, constants, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { RotoError } from '@roto/sdk/contract';

/** The pair of programs all media goes through, and where they came from. */
export interface FfmpegTools {
  /** Absolute path of `ffmpeg`. */
  readonly ffmpeg: string;
  /** Absolute path of `ffprobe`. */
  readonly ffprobe: string;
  /** As ffmpeg names itself: `5.1.9-0+deb12u1`. */
  readonly version: string;
  /** Last year of its copyright line: about how old the build is. */
  readonly year: number | undefined;
  readonly source: 'ROTO_FFMPEG' | 'system' | 'packaged';
  /** Licence this build is under, from how it was configured. */
  readonly license: string;
}

/** The variables of the environment that decide. */
export interface FfmpegEnv {
  readonly ROTO_FFMPEG?: string | undefined;
  readonly ROTO_FFPROBE?: string | undefined;
  readonly ROTO_CACHE_DIR?: string | undefined;
  readonly XDG_CACHE_HOME?: string | undefined;
  readonly PATH?: string | undefined;
}

export interface FindFfmpegOptions {
  /** The process's own environment unless given. */
  readonly env?: FfmpegEnv;
  /** Where a packaged binary is copied to when it cannot be made executable in place. */
  readonly cacheDir?: string | undefined;
  /** How long a program may take to say what it is; {@link answerWithinMs} unless given. */
  readonly answerWithinMs?: number;
}

/** A program that answers at once on an idle machine may take a minute on one that is overloaded. */
export const answerWithinMs = 180_000;

const execFileAsync = promisify(execFile);
const found = new Map<string, Promise<FfmpegTools>>();

/**
 * Finds ffmpeg and ffprobe: `ROTO_FFMPEG` (a binary, or the folder it lies in; ffprobe beside it or
 * `ROTO_FFPROBE`), then the system's on `PATH`, then the binaries that came with npm. Asked once a
 * process and environment.
 * @throws RotoError `ffmpeg_missing`, `ffmpeg_unusable`
 */
export function findFfmpeg(options: FindFfmpegOptions = {}): Promise<FfmpegTools> {
  const env: FfmpegEnv = options.env ?? process.env;
  const cacheDir = options.cacheDir ?? defaultCacheDir(env);
  const key = JSON.stringify([env.ROTO_FFMPEG, env.ROTO_FFPROBE, env.PATH, cacheDir]);
  let tools = found.get(key);
  if (tools === undefined) {
    tools = locate(env, cacheDir).then((place) =>
      describe(place, options.answerWithinMs ?? answerWithinMs),
    );
    found.set(key, tools);
    // A failure is not remembered: the person may install ffmpeg and try again.
    tools.catch(() => found.delete(key));
  }
  return tools;
}

type FfmpegPlace = Pick<FfmpegTools, 'ffmpeg' | 'ffprobe' | 'source'>;

async function locate(env: FfmpegEnv, cacheDir: string): Promise<FfmpegPlace> {
  const asked = env.ROTO_FFMPEG;
  if (asked) {
    const ffmpeg = await binaryAt(asked, 'ffmpeg', 'ROTO_FFMPEG');
    const ffprobe = await probeBeside(ffmpeg, env, cacheDir);
    return { ffmpeg, ffprobe, source: 'ROTO_FFMPEG' };
  }
  const system = await onPath('ffmpeg', env);
  if (system !== undefined) {
    const ffprobe = await probeBeside(system, env, cacheDir);
    return { ffmpeg: system, ffprobe, source: 'system' };
  }
  const packaged = packagedPath('@ffmpeg-installer/ffmpeg');
  if (packaged === undefined) {
    throw new RotoError(
      'ffmpeg_missing',
      `No ffmpeg on PATH, and npm brought none for ${process.platform} ${process.arch}`,
      { hint: 'Install ffmpeg, or set ROTO_FFMPEG to its path.' },
    );
  }
  const ffmpeg = await executable(packaged, cacheDir);
  const ffprobe = await probeBeside(undefined, env, cacheDir);
  return { ffmpeg, ffprobe, source: 'packaged' };
}

/** ffprobe for an ffmpeg: the one asked for, the one beside it, the system's, the packaged one. */
async function probeBeside(ffmpeg: string | undefined, env: FfmpegEnv, cacheDir: string) {
  const asked = env.ROTO_FFPROBE;
  if (asked) {
    return binaryAt(asked, 'ffprobe', 'ROTO_FFPROBE');
  }
  if (ffmpeg !== undefined) {
    const beside = join(dirname(ffmpeg), binaryName('ffprobe'));
    if (await isExecutable(beside)) {
      return beside;
    }
    const system = await onPath('ffprobe', env);
    if (system !== undefined) {
      return system;
    }
  }
  const packaged = packagedPath('@ffprobe-installer/ffprobe');
  if (packaged === undefined) {
    throw new RotoError('ffmpeg_missing', 'Found ffmpeg but no ffprobe', {
      hint: 'Install ffprobe beside ffmpeg, or set ROTO_FFPROBE to its path.',
    });
  }
  return executable(packaged, cacheDir);
}

/** The binary a setting names: itself, or the one of that name in the folder. */
async function binaryAt(path: string, name: string, param: string): Promise<string> {
  const entry = await stat(path).catch(() => undefined);
  const binary = entry?.isDirectory() ? join(path, binaryName(name)) : path;
  if (!(await isExecutable(binary))) {
    throw new RotoError('ffmpeg_missing', `${param} names no program that can be run: ${binary}`, {
      param,
      hint: `Set ${param} to the ${name} binary or its folder, or unset it.`,
    });
  }
  return binary;
}

async function onPath(name: string, env: FfmpegEnv): Promise<string | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, binaryName(name));
    if (folder !== '' && (await isExecutable(candidate))) {
      return candidate;
    }
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function binaryName(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

/** Path the installer package names, where it has a binary for this platform. */
function packagedPath(packageName: string): string | undefined {
  try {
    const installer: unknown = createRequire(import.meta.url)(packageName);
    if (typeof installer === 'object' && installer !== null && 'path' in installer) {
      return typeof installer.path === 'string' ? installer.path : undefined;
    }
  } catch {
    // Not installed, or no binary for this platform: the caller says what to do.
  }
  return undefined;
}

/** The same binary, ready to run: npm delivers ffprobe without its execute bit. */
async function executable(path: string, cacheDir: string): Promise<string> {
  if (await isExecutable(path)) {
    return path;
  }
  try {
    await chmod(path, 0o755);
    if (await isExecutable(path)) {
      return path;
    }
  } catch {
    // A read-only or foreign folder: run a copy from the cache.
  }
  return copyToCache(path, cacheDir);
}

async function copyToCache(path: string, cacheDir: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  const folder = join(cacheDir, 'bin', `${size}-${Math.round(mtimeMs)}`);
  const copy = join(folder, binaryName('ffprobe'));
  if (await isExecutable(copy)) {
    return copy;
  }
  const partial = `${copy}.${process.pid}.partial`;
  try {
    await mkdir(folder, { recursive: true });
    await copyFile(path, partial);
    await chmod(partial, 0o755);
    await rename(partial, copy);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new RotoError('ffmpeg_unusable', `Could not make ${path} executable`, {
      hint: 'Install ffmpeg on the system, or set ROTO_CACHE_DIR to a folder that can be written.',
      cause,
    });
  }
  return copy;
}

async function describe(
  { ffmpeg, ffprobe, source }: FfmpegPlace,
  withinMs: number,
): Promise<FfmpegTools> {
  const said = await firstLines(ffmpeg, withinMs);
  await firstLines(ffprobe, withinMs);
  const version = /^ffmpeg version (\S+)/m.exec(said)?.[1];
  if (version === undefined) {
    throw new RotoError('ffmpeg_unusable', `${ffmpeg} does not say it is ffmpeg`, {
      hint: 'Set ROTO_FFMPEG to a real ffmpeg.',
    });
  }
  const year = /Copyright \(c\) \d+-(\d{4})/.exec(said)?.[1];
  return {
    ffmpeg,
    ffprobe,
    version,
    year: year === undefined ? undefined : Number(year),
    source,
    license: licenseOf(said),
  };
}

async function firstLines(binary: string, withinMs: number): Promise<string> {
  try {
    const { stdout } = await execFileAsync(binary, ['-version'], { timeout: withinMs });
    return stdout;
  } catch (cause) {
    const isSlow = cause instanceof Error && 'killed' in cause && cause.killed === true;
    const what = isSlow ? `did not answer within ${withinMs / 1000} s` : 'does not run';
    throw new RotoError('ffmpeg_unusable', `${binary} ${what}`, {
      hint: 'Install an ffmpeg for this machine, or set ROTO_FFMPEG to one.',
      cause,
    });
  }
}

/** After the rules in ffmpeg's LICENSE.md: the configure switches decide. */
function licenseOf(said: string): string {
  if (said.includes('--enable-nonfree')) {
    return 'nonfree, may not be passed on';
  }
  const version3 = said.includes('--enable-version3');
  if (said.includes('--enable-gpl')) {
    return version3 ? 'GPL-3.0-or-later' : 'GPL-2.0-or-later';
  }
  return version3 ? 'LGPL-3.0-or-later' : 'LGPL-2.1-or-later';
}

function defaultCacheDir(env: FfmpegEnv): string {
  return env.ROTO_CACHE_DIR || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'roto');
}

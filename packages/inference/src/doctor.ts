import { access, constants, stat, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { type Diagnosis, type DiagnosisProblem, RotoError } from '@roto/sdk/contract';
import type { Environment } from './environment.ts';
import { type FfmpegTools, findFfmpeg } from './media/find-ffmpeg.ts';
import { listModels } from './models/registry.ts';
import { probeProviders } from './ort/providers.ts';
import { cacheFolder, cacheLimitBytes } from './track/cache-folder.ts';
import { folderBytes } from './track/tracks.ts';
import { rotoVersion } from './version.ts';

export interface DiagnoseOptions {
  /** Folder the cache lives in; `ROTO_CACHE_DIR`, else the XDG cache, unless said. */
  readonly cache?: string;
  /** The process's own environment unless given. */
  readonly env?: Environment;
}

/** The oldest ffmpeg that nothing better is recommended for. */
const goodFfmpeg = { version: [5, 1], year: 2022 } as const;
const neededNode = [22, 19] as const;
/** Below these a run of ordinary length is likely to fail. */
const littleMemory = 2e9;
const littleDisk = 2e9;

/**
 * What this machine has for local runs, everything tried for real: ffmpeg started, a network run on
 * each provider. What is missing is told in `problems`, never thrown.
 */
export async function diagnose(options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const env = options.env ?? process.env;
  const problems: DiagnosisProblem[] = [];
  const cachePath = cacheFolder(options.cache, env);
  const [ffmpeg, providers, models, cache, disk] = await Promise.all([
    examineFfmpeg(env, cachePath, problems),
    probeProviders(),
    listModels(),
    examineCache(cachePath, env, problems),
    examineDisk(cachePath, problems),
  ]);
  const memory = examineMemory(problems);
  examineEngine(providers, models, problems);
  examineNode(process.versions.node, problems);
  return {
    version: rotoVersion,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memory,
    ...(ffmpeg === undefined ? {} : { ffmpeg }),
    providers: [...providers],
    models,
    cache,
    disk,
    problems,
  };
}

async function examineFfmpeg(
  env: Environment,
  cacheDir: string,
  problems: DiagnosisProblem[],
): Promise<Diagnosis['ffmpeg']> {
  try {
    const tools = await findFfmpeg({ env, cacheDir });
    const recommendation = recommendFfmpeg(tools);
    if (recommendation !== undefined) {
      problems.push({ severity: 'warning', code: 'ffmpeg_old', ...recommendation });
    }
    return {
      path: tools.ffmpeg,
      version: tools.version,
      source: ({ ROTO_FFMPEG: 'env', system: 'system', packaged: 'package' } as const)[
        tools.source
      ],
      licence: tools.license,
      ...(recommendation === undefined ? {} : { recommendation: recommendation.hint }),
    };
  } catch (error) {
    const { code, message, hint } = asProblem(error, 'ffmpeg_unusable');
    problems.push({ severity: 'error', code, message, ...(hint === undefined ? {} : { hint }) });
    return undefined;
  }
}

/** Why a newer ffmpeg would be better, where it would. */
function recommendFfmpeg(tools: FfmpegTools): { message: string; hint: string } | undefined {
  const numbers = /^n?(\d+)\.(\d+)/.exec(tools.version);
  const old =
    numbers === null
      ? tools.year !== undefined && tools.year < goodFfmpeg.year
      : isBefore([Number(numbers[1]), Number(numbers[2])], goodFfmpeg.version);
  if (!old && tools.source !== 'packaged') return undefined;
  const built = tools.year === undefined ? '' : ` of ${tools.year}`;
  return {
    message:
      tools.source === 'packaged'
        ? `ffmpeg is the build${built} that came with npm; it reads and writes everything roto makes, but no newer formats, and has had no security fixes since.`
        : `ffmpeg ${tools.version}${built} is older than ${goodFfmpeg.version.join('.')}.`,
    hint: `Install ffmpeg ${goodFfmpeg.version.join('.')} or newer on the system, or set ROTO_FFMPEG to one.`,
  };
}

async function examineCache(
  path: string,
  env: Environment,
  problems: DiagnosisProblem[],
): Promise<Diagnosis['cache']> {
  const place = await nearestExisting(path);
  try {
    await access(place, constants.W_OK | constants.X_OK);
    if (!(await stat(place)).isDirectory()) throw new Error('not a folder');
  } catch {
    problems.push({
      severity: 'error',
      code: 'cache_unwritable',
      message: `The cache ${path} cannot be written: ${place} does not allow it.`,
      hint: 'Set ROTO_CACHE_DIR, or --cache, to a folder that can be written.',
    });
  }
  const bytes = await folderBytes(path).catch(() => 0);
  return { path, bytes, limitBytes: cacheLimitBytes(env) };
}

async function examineDisk(path: string, problems: DiagnosisProblem[]): Promise<Diagnosis['disk']> {
  const place = await nearestExisting(path);
  const { bavail, bsize } = await statfs(place);
  const freeBytes = bavail * bsize;
  if (freeBytes < littleDisk) {
    problems.push({
      severity: 'warning',
      code: 'disk_low',
      message: `Only ${gigabytes(freeBytes)} are free where the cache lies, ${place}.`,
      hint: 'Free some space, or set ROTO_CACHE_DIR to another disk.',
    });
  }
  return { path: place, freeBytes };
}

/** The memory this process may take: the machine's, or the container's where that is less. */
function examineMemory(problems: DiagnosisProblem[]): Diagnosis['memory'] {
  const allowed = process.constrainedMemory();
  const totalBytes = allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
  const freeBytes = Math.min(freemem(), process.availableMemory());
  if (totalBytes < littleMemory) {
    problems.push({
      severity: 'warning',
      code: 'memory_low',
      message: `This machine has ${gigabytes(totalBytes)} of memory; the engine wants about ${gigabytes(littleMemory)}.`,
    });
  }
  return { totalBytes, freeBytes };
}

function examineEngine(
  providers: readonly Diagnosis['providers'][number][],
  models: Diagnosis['models'],
  problems: DiagnosisProblem[],
): void {
  const cpu = providers.find((provider) => provider.name === 'cpu');
  if (cpu?.usable !== true) {
    problems.push({
      severity: 'error',
      code: 'device_unavailable',
      message: `onnxruntime does not run here: ${cpu?.reason ?? 'it has no CPU provider'}.`,
      hint: 'Install @roto/inference again on this machine.',
    });
  }
  if (!models.some((model) => model.installed)) {
    problems.push({
      severity: 'error',
      code: 'model_missing',
      message: 'No model is on this machine.',
      hint: 'Install @roto/inference again, or set ROTO_MODELS_DIR to the folder of the models.',
    });
  }
}

function examineNode(version: string, problems: DiagnosisProblem[]): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (!isBefore([major, minor], neededNode)) return;
  problems.push({
    severity: 'error',
    code: 'node_too_old',
    message: `roto needs Node ${neededNode.join('.')} or newer and runs on ${version}.`,
    hint: 'Install a newer Node.',
  });
}

function isBefore(have: readonly [number, number], want: readonly [number, number]): boolean {
  return have[0] < want[0] || (have[0] === want[0] && have[1] < want[1]);
}

async function nearestExisting(path: string): Promise<string> {
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  return there || dirname(path) === path ? path : nearestExisting(dirname(path));
}

function asProblem(
  error: unknown,
  code: string,
): { code: string; message: string; hint?: string | undefined } {
  if (error instanceof RotoError) return error;
  return { code, message: error instanceof Error ? error.message : String(error) };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

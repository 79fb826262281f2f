import { constants } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type FrameRange,
  type PlannedFile,
  type ResultWarning,
  RotoError,
} from '@roto/sdk/contract';
import type { ClipInfo } from '../media/clip.ts';
import type { FfmpegTools } from '../media/find-ffmpeg.ts';
import { checkEncoders } from './create-writer.ts';
import { framePattern } from './frame-file.ts';
import { errnoOf, outputFailure } from './output-failure.ts';
import type { OutputPath } from './output-paths.ts';

/** What is to be checked before any work begins. */
export interface PreflightOptions {
  /** Absolute path of the output folder; need not be there. */
  readonly out: string;
  readonly outputs: readonly OutputPath[];
  /** Frames that will be written. */
  readonly range: FrameRange;
  readonly overwrite: boolean;
  /** The clip read, where there is one: its files must not be written to. */
  readonly clip: Pick<ClipInfo, 'kind' | 'path'> | undefined;
  /** Absolute paths of other files read, such as prompt masks. */
  readonly inputs: readonly string[];
}

/** Space on the disk the outputs go to. */
export interface DiskSpace {
  /** Bytes this user may still write. */
  readonly freeBytes: number;
}

/**
 * What each output would do: `new`, `overwrite`, or `refused` because something is there and
 * overwriting was not asked for. Writes nothing.
 */
export async function planFiles(options: PreflightOptions): Promise<PlannedFile[]> {
  const found = await existingFiles(options);
  return options.outputs.map((output, i) => ({
    ...(output.object === undefined ? {} : { object: output.object }),
    format: output.format,
    path: output.path,
    state: found[i]?.length === 0 ? 'new' : options.overwrite ? 'overwrite' : 'refused',
  }));
}

/**
 * Refuses a run that could not be written, before anything is tracked; writes nothing itself.
 * @param tools The ffmpeg that movies would go through; the one found unless given.
 * @throws RotoError `output_unwritable`, `output_is_input`, `output_exists`, `ffmpeg_missing`,
 * `ffmpeg_unusable`
 */
export async function checkOutputs(options: PreflightOptions, tools?: FfmpegTools): Promise<void> {
  await checkWritable(options);
  const found = await existingFiles(options);
  const there = found.flat();
  await refuseInputs(options, there);
  const [first] = there;
  if (first !== undefined && !options.overwrite) {
    const more = there.length > 1 ? ` and ${there.length - 1} more files` : '';
    throw new RotoError('output_exists', `${first}${more} would be overwritten`, {
      hint: 'Choose another folder, or allow overwriting.',
    });
  }
  await checkEncoders(
    options.outputs.map(({ format }) => format),
    tools,
  );
}

/** The warning `disk_nearly_full` where the outputs may not fit on the disk of `out`. */
export async function spaceWarning(
  out: string,
  neededBytes: number,
): Promise<ResultWarning | undefined> {
  const { freeBytes } = await freeSpace(out);
  if (freeBytes >= neededBytes) return undefined;
  const inUnit = (bytes: number): string =>
    neededBytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
  return {
    code: 'disk_nearly_full',
    message: `The outputs may need ${inUnit(neededBytes)}, but only ${inUnit(freeBytes)} are free at ${out}`,
  };
}

/** Free bytes for this user on the disk that `out` is on or would be made on. */
export async function freeSpace(out: string): Promise<DiskSpace> {
  const { bavail, bsize } = await statfs(await nearestFolder(out));
  return { freeBytes: bavail * bsize };
}

/** Every file that is there and would be written, by output. */
async function existingFiles({ outputs, range }: PreflightOptions): Promise<string[][]> {
  const names = new Map<string, Set<string>>();
  const inFolder = async (folder: string) => {
    const known = names.get(folder);
    if (known !== undefined) return known;
    const listed = new Set(await listFolder(folder));
    names.set(folder, listed);
    return listed;
  };
  const found: string[][] = [];
  for (const output of outputs) {
    const there = new Set<string>();
    const folder = await inFolder(dirname(output.path));
    for (let frame = range.first; frame <= range.last && folder.size > 0; frame++) {
      for (const file of output.files(frame)) if (folder.has(basename(file))) there.add(file);
    }
    found.push([...there]);
  }
  return found;
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR') return [];
    throw outputFailure(cause, folder);
  }
}

/** Every folder to be written in must be one that can be, or can be made; no file may be a folder. */
async function checkWritable({ out, outputs, range }: PreflightOptions): Promise<void> {
  const folders = new Set([out, ...outputs.map((output) => dirname(output.path))]);
  for (const folder of folders) {
    const nearest = await nearestFolder(folder);
    try {
      await access(nearest, constants.W_OK | constants.X_OK);
    } catch (cause) {
      throw outputFailure(cause, nearest);
    }
  }
  for (const output of outputs) {
    for (const file of output.files(range.first)) {
      const there = await stat(file).catch(() => undefined);
      if (there !== undefined && !there.isFile()) {
        throw new RotoError('output_unwritable', `Could not write ${file}: it is not a file`, {
          hint: 'Move it away, or choose another folder.',
        });
      }
    }
  }
}

/**
 * The folder itself or the nearest one above it that is there.
 * @throws RotoError `output_unwritable` where a file stands in the way
 */
async function nearestFolder(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const there = await stat(at).catch((cause: unknown) => {
      if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR') return undefined;
      throw outputFailure(cause, at);
    });
    if (there?.isDirectory()) return at;
    if (there !== undefined) {
      throw new RotoError('output_unwritable', `Expected a folder at ${at}, but a file is there`, {
        hint: 'Choose another folder.',
      });
    }
    if (at === dirname(at)) return at;
  }
}

/** Links, hard or soft, are followed: two names of one file are one file. */
async function refuseInputs(options: PreflightOptions, existing: readonly string[]): Promise<void> {
  if (existing.length === 0) return;
  const inputs = new Map<string, string>();
  for (const path of [...(await clipFiles(options.clip)), ...options.inputs]) {
    const id = await fileId(path);
    if (id !== undefined) inputs.set(id, path);
  }
  for (const path of existing) {
    const id = await fileId(path);
    const input = id === undefined ? undefined : inputs.get(id);
    if (input !== undefined) {
      throw new RotoError('output_is_input', `${path} is read by this run as ${input}`, {
        hint: 'Choose another folder.',
      });
    }
  }
}

/** The files of a clip: a movie's one, or all on disk that a sequence's pattern names. */
async function clipFiles(clip: PreflightOptions['clip']): Promise<string[]> {
  if (clip === undefined) return [];
  const name = basename(clip.path);
  const at = name.lastIndexOf(framePattern);
  if (clip.kind === 'movie' || at < 0) return [clip.path];
  const [head, tail] = [name.slice(0, at), name.slice(at + framePattern.length)];
  const folder = dirname(clip.path);
  const names = await listFolder(folder);
  return names.filter((entry) => isFrameOf(entry, head, tail)).map((entry) => join(folder, entry));
}

function isFrameOf(name: string, head: string, tail: string): boolean {
  if (!name.startsWith(head) || !name.endsWith(tail)) return false;
  return /^-?\d+$/.test(name.slice(head.length, name.length - tail.length));
}

async function fileId(path: string): Promise<string | undefined> {
  const there = await stat(path, { bigint: true }).catch(() => undefined);
  return there && `${there.dev}:${there.ino}`;
}

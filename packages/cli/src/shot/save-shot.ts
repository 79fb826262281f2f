import { randomUUID } from 'node:crypto';
import { access, constants, lstat, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RotoError, type Shot } from '@roto/sdk/contract';
import { quoted } from '../args/numbers.ts';
import { mapShotPaths, pathFrom } from './shot-paths.ts';

/** The engine that really ran, to be asked for by name the next time. */
export interface RanEngine {
  readonly engine: string;
  readonly model: { readonly id: string };
  readonly device: string;
}

/** A place for a shot document that was found to be writable. */
export interface ShotFile {
  /**
   * Writes the shot as it ran. Relative paths in it start from `base`; in the document they start
   * from the document. Without an engine the document asks for what the shot asks for.
   */
  write(shot: Shot, base: string, ran: RanEngine | undefined): Promise<void>;
}

/**
 * Checks before the work that a shot document can be written at `path`.
 * @throws RotoError `output_exists`, `output_unwritable`
 */
export async function prepareShotFile(path: string, overwrite: boolean): Promise<ShotFile> {
  const folder = dirname(path);
  if (!overwrite && (await exists(path))) {
    throw new RotoError('output_exists', `There is a file at ${quoted(path)} already.`, {
      param: '--save-shot',
      hint: 'Add --overwrite to replace it.',
    });
  }
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  return {
    async write(shot, base, ran) {
      const document = portableShot(asRan(shot, ran), base, folder);
      await writeWhole(path, `${JSON.stringify(document, undefined, 2)}\n`);
    },
  };
}

/** `auto` made definite, so that the document means the same on another day. */
function asRan(shot: Shot, ran: RanEngine | undefined): Shot {
  if (ran === undefined) return shot;
  const name = ran.engine === 'lite' || ran.engine === 'sam2' ? ran.engine : shot.engine.name;
  const model = shot.engine.model ?? ran.model.id;
  return { ...shot, engine: { ...shot.engine, name, model, device: ran.device } };
}

function portableShot(shot: Shot, base: string, folder: string): Shot {
  return mapShotPaths(shot, (path) => pathFrom(folder, resolve(base, path)));
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    const full = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
    if (!full) throw unwritable(path, cause);
    throw new RotoError('disk_full', `The disk is full: ${quoted(path)} was not written.`, {
      cause,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}

function unwritable(path: string, cause: unknown): RotoError {
  return new RotoError(
    'output_unwritable',
    `Expected a folder that can be written for ${quoted(path)}.`,
    { param: '--save-shot', cause },
  );
}

import { randomUUID } from 'node:crypto';
import { lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import { quoted } from '../../args/numbers.ts';

/** A file before it is written. */
export interface NewFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes files, each whole or not at all.
 * @throws RotoError `output_exists` before the first one; `disk_full`, `output_unwritable`
 */
export async function writeWhole(files: readonly NewFile[], overwrite: boolean): Promise<void> {
  for (const { path } of overwrite ? [] : files) {
    if ((await lstat(path).catch(() => undefined)) === undefined) continue;
    throw new RotoError('output_exists', `${quoted(path)} would be overwritten.`);
  }
  for (const { path, bytes } of files) {
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(temporary, bytes, { flag: 'wx' });
      await rename(temporary, path);
    } catch (cause) {
      await rm(temporary, { force: true });
      const isFull = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
      throw new RotoError(
        isFull ? 'disk_full' : 'output_unwritable',
        `${quoted(path)} cannot be written.`,
        { cause },
      );
    }
  }
}

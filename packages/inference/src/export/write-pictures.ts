import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import { Staging, stagedName } from './staging.ts';

export interface Picture {
  /** Absolute path under its final name. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes a few pictures, each whole or not at all.
 * @throws RotoError `output_exists`, `output_unwritable`, `disk_full`
 */
export async function writePictures(
  pictures: readonly Picture[],
  overwrite: boolean,
): Promise<void> {
  for (const { path } of pictures) {
    if (overwrite || (await stat(path).catch(() => undefined)) === undefined) continue;
    throw new RotoError('output_exists', `${path} would be overwritten`, {
      hint: 'Choose another folder, or allow overwriting.',
    });
  }
  for (const { path, bytes } of pictures) {
    const staging = await Staging.open(dirname(path));
    try {
      await staging.write(stagedName(path), bytes);
      await staging.publish([stagedName(path)]);
    } finally {
      await staging.discard();
    }
  }
}

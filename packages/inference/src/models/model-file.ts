import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RotoError } from '@roto/sdk/contract';

/** A file of weights as it was published. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  /** Hex SHA-256. */
  readonly sha256: string;
}

/**
 * The bytes of a file of weights in `folder`, checked against its known hash.
 * @throws RotoError `model_missing` when it is not there, `model_corrupt` when it is another file.
 */
export async function readModelFile(folder: string, file: ModelFile): Promise<Uint8Array> {
  const path = join(folder, file.name);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new RotoError('model_missing', `Expected the model file ${path}, which cannot be read.`, {
      param: 'model',
      hint: 'Install @roto/inference again, or set ROTO_MODELS_DIR to the folder of the models.',
      cause,
    });
  }
  if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) {
    throw new RotoError(
      'model_corrupt',
      `The model file ${path} is not the one that was published: its SHA-256 differs.`,
      {
        param: 'model',
        hint: 'Delete the file and install @roto/inference again.',
      },
    );
  }
  return bytes;
}

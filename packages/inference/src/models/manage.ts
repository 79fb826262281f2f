import { RotoError, type VerifiedModel } from '@roto/sdk/contract';
import { throwIfStopped } from '../stop.ts';
import { readModelFile } from './model-file.ts';
import { findFolder, mobileSam } from './registry.ts';
import { removeStored, requireStored, verifyStored } from './store.ts';

/**
 * Absolute path of an installed model: of its checkpoint, or of its folder where it is more files.
 * @throws RotoError `model_missing`, with how to get it
 */
export async function modelPath(id: string): Promise<string> {
  if (id !== mobileSam.id) return (await requireStored(id)).path;
  const folder = await findFolder(mobileSam);
  if (folder !== undefined) return folder;
  throw new RotoError('model_missing', `The files of the model ${id} are not on this machine.`, {
    param: 'model',
    hint: 'Install @roto/inference again.',
  });
}

/**
 * Reads an installed model through and checks its SHA-256.
 * @throws RotoError `model_missing`, `model_corrupt`, `interrupted`
 */
export async function verifyModel(
  id: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<VerifiedModel> {
  if (id !== mobileSam.id) return verifyStored(id, options.signal);
  const path = await modelPath(id);
  for (const file of mobileSam.files) {
    throwIfStopped(options.signal);
    await readModelFile(path, file);
  }
  const bytes = mobileSam.files.reduce((sum, file) => sum + file.bytes, 0);
  return { id, path, bytes, sha256: mobileSam.sha256 };
}

/**
 * Removes an installed model, and what a broken-off download left of it.
 * @returns bytes that were freed
 * @throws RotoError `model_missing` where it is not here, `invalid_argument` for the model that
 * comes with roto, `interrupted`
 */
export async function removeModel(
  id: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<{ readonly id: string; readonly bytes: number }> {
  if (id === mobileSam.id) {
    throw new RotoError('invalid_argument', `The model ${id} comes with roto and stays.`, {
      param: 'model',
    });
  }
  const { bytes } = await removeStored(id, options.signal);
  return { id, bytes };
}

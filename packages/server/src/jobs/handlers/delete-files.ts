import { deleteFiles } from '../../services/reconcile-storage.ts';
import type { Storage } from '../../storage/storage.ts';
import type { JobHandler } from '../handler.ts';

/** Removes the files of a video or an account that is gone. */
export function createDeleteFilesHandler({
  storage,
}: {
  readonly storage: Storage;
}): JobHandler<'delete-files'> {
  return ({ prefix }) => deleteFiles(storage, prefix);
}

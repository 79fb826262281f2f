import { noFiles } from '../../no-files.ts';
import type { UploadStore } from '../../upload-store.ts';

/** @throws RotoError `invalid_argument`: there are no files here */
export function folderUploadStore(_folder?: string): UploadStore {
  throw noFiles('remember uploads in a folder');
}

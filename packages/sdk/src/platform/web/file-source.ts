import { noFiles } from '../../no-files.ts';
import type { UploadSource } from '../../upload-source.ts';

/** @throws RotoError `invalid_argument`: there are no files here */
export async function fileSource(_path: string): Promise<UploadSource> {
  throw noFiles('upload a path');
}

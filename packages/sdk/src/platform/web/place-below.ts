import { noFiles } from '../../no-files.ts';

/** @throws RotoError `invalid_argument`: there are no files here */
export function placeBelow(_folder: string, _relativePath: string): string {
  throw noFiles('download to a folder');
}

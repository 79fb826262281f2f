import type { LocalClip } from '../../local-clip.ts';
import { noFiles } from '../../no-files.ts';

/** @throws RotoError `invalid_argument`: there are no files here */
export async function openLocalClip(_path: string): Promise<LocalClip> {
  throw noFiles('upload a path');
}

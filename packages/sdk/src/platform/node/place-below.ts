import { resolve, sep } from 'node:path';
import { RotoError } from '../../contract/errors.ts';

/**
 * Where a file that a server names lies below a folder of this machine.
 * @param relativePath parts with `/` between them
 * @throws RotoError `reply_unreadable` where it leads out of the folder, on any system
 */
export function placeBelow(folder: string, relativePath: string): string {
  const parts = relativePath.split('/');
  // A drive, an alternate stream or a backslash means nothing here and something on Windows.
  const odd = parts.some((part) => ['', '.', '..'].includes(part) || /[\\:\0]/.test(part));
  const root = resolve(folder);
  const place = resolve(root, ...parts);
  if (odd || !place.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) {
    throw new RotoError(
      'reply_unreadable',
      `The server names a file ${JSON.stringify(relativePath)}, which is no path below a folder.`,
    );
  }
  return place;
}

import type { DownloadOptions, DownloadSource } from '../../download.ts';
import { noFiles } from '../../no-files.ts';
import type { Transport } from '../../request.ts';

/** @throws RotoError `invalid_argument`: there are no files here */
export async function downloadFile(
  _transport: Transport,
  _source: DownloadSource,
  _path: string,
  _options: DownloadOptions = {},
): Promise<void> {
  throw noFiles('download to a path');
}

import { noFiles } from '../../no-files.ts';

/** @throws RotoError `invalid_argument`: there are no files here */
export async function fileState(
  _path: string,
  _wanted: { readonly sizeBytes: number; readonly sha256: string },
  _signal: AbortSignal | undefined,
): Promise<'absent' | 'same' | 'other'> {
  throw noFiles('look at files');
}

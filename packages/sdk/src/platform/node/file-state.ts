import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createSha256 } from './sha256.ts';

/** What lies at a place: nothing, the very file, or something else. */
export type FileState = 'absent' | 'same' | 'other';

/** Looks whether a file of this size and hex SHA-256 lies at `path`. Reads it only where the size is right. */
export async function fileState(
  path: string,
  { sizeBytes, sha256 }: { readonly sizeBytes: number; readonly sha256: string },
  signal: AbortSignal | undefined,
): Promise<FileState> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined) return 'absent';
  if (!there.isFile() || there.size !== sizeBytes) return 'other';
  const hash = createSha256();
  const bytes = createReadStream(path, signal === undefined ? {} : { signal });
  for await (const chunk of bytes) hash.update(chunk);
  return hash.hex() === sha256.toLowerCase() ? 'same' : 'other';
}

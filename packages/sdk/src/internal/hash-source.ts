import { createSha256 } from '#platform/sha256';
import type { UploadSource } from '../upload-source.ts';
import { throwIfAborted } from './abort.ts';

const pieceBytes = 4 * 1024 * 1024;

/**
 * Hex SHA-256 of something that can be read again, piece by piece.
 * @param onProgress told how many bytes were read so far
 * @throws UploadError where it changes meanwhile; AbortError
 */
export async function hashSource(
  source: UploadSource,
  signal: AbortSignal | undefined,
  onProgress?: (loadedBytes: number) => void,
): Promise<string> {
  const hash = createSha256();
  for (let loadedBytes = 0; ; ) {
    throwIfAborted(signal);
    const piece = await source.read(loadedBytes, pieceBytes);
    const bytes = piece instanceof Blob ? new Uint8Array(await piece.arrayBuffer()) : piece;
    if (bytes.byteLength === 0) break;
    hash.update(bytes);
    loadedBytes += bytes.byteLength;
    onProgress?.(loadedBytes);
  }
  await source.assertUnchanged();
  return hash.hex();
}

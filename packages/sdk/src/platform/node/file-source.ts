import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { RotoError } from '../../contract/errors.ts';
import { UploadError } from '../../errors.ts';
import type { UploadSource } from '../../upload-source.ts';

/**
 * A file of this machine, read piece by piece as it is sent.
 * @throws RotoError `source_not_found`, `source_unreadable`
 */
export async function fileSource(path: string): Promise<UploadSource> {
  const before = await stat(path).catch((cause: unknown) => {
    throw new RotoError('source_not_found', `There is no file ${path}.`, { cause });
  });
  if (!before.isFile()) {
    throw new RotoError('source_unreadable', `Expected a file but ${path} is none.`);
  }
  return {
    name: basename(path),
    sizeBytes: before.size,
    rereadable: true,
    read: (from, maxBytes) => readPiece(path, from, Math.min(maxBytes, before.size - from)),
    assertUnchanged: async () => {
      const now = await stat(path).catch(() => undefined);
      if (now?.size === before.size && now.mtimeMs === before.mtimeMs) return;
      throw new UploadError(`${path} changed while it was uploaded.`, {
        code: 'source_unreadable',
        uploadedBytes: 0,
        retryable: false,
        hint: 'Upload it again once nothing writes to it.',
      });
    },
  };
}

/** Not by `openAsBlob`: Node counts the bytes of a Blob in 32 bits, and a clip may have more. */
async function readPiece(
  path: string,
  from: number,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const handle = await open(path);
    try {
      return await fill(handle, new Uint8Array(Math.max(bytes, 0)), from);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new RotoError('source_unreadable', `${path} cannot be read.`, { cause });
  }
}

/** Reads until the piece is full: one read may bring less than was asked for. */
async function fill(
  handle: FileHandle,
  piece: Uint8Array<ArrayBuffer>,
  from: number,
): Promise<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < piece.byteLength; ) {
    const { bytesRead } = await handle.read(piece, at, piece.byteLength - at, from + at);
    if (bytesRead === 0) return piece.subarray(0, at);
    at += bytesRead;
  }
  return piece;
}

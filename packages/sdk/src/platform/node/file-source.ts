import * as fs from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { RotoError } from '../../contract/errors.ts';
import { UploadError } from '../../errors.ts';
import { blobSource, type UploadSource } from '../../upload-source.ts';

/**
 * A file of this machine, read as it is sent.
 * @throws RotoError `source_not_found`, `source_unreadable`
 */
export async function fileSource(path: string): Promise<UploadSource> {
  const before = await stat(path).catch((cause: unknown) => {
    throw new RotoError('source_not_found', `There is no file ${path}.`, { cause });
  });
  if (!before.isFile()) {
    throw new RotoError('source_unreadable', `Expected a file but ${path} is none.`);
  }
  const source = blobSource(await openBlob(path), basename(path));
  return {
    ...source,
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

async function openBlob(path: string): Promise<Blob> {
  try {
    // By the namespace: a runtime that lacks it fails here, not when this file is loaded.
    return await fs.openAsBlob(path);
  } catch (cause) {
    throw new RotoError('source_unreadable', `${path} cannot be read.`, { cause });
  }
}

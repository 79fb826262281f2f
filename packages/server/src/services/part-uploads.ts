import {
  type PartUploadBegun,
  type PartUploadParams,
  type PartUrls,
  RotoError,
} from '@roto/sdk/contract';
import { secondsAfter } from '../clock.ts';
import { type UploadRow, updateUpload } from '../db/queries/uploads.ts';
import type { UserRow } from '../db/queries/users.ts';
import type { PartStorage, PartUpload, StoredPart } from '../storage/storage.ts';
import {
  abandonUpload,
  beginMovie,
  completeMovie,
  getUpload,
  requireOpen,
  toUploadState,
  type UploadDeps,
  uploadSeconds,
} from './uploads.ts';

const mib = 1024 * 1024;
const mostParts = 10_000;
/** Seconds that the address of a part is good for. */
const partUrlSeconds = 60 * 60;

/** An upload in parts with what the store knows it by. */
interface OpenParts {
  readonly upload: UploadRow;
  readonly parts: PartStorage;
  readonly at: PartUpload;
}

/**
 * Begins an upload whose parts go to the store itself.
 * @throws RotoError `unavailable` where files lie in a folder; `payload_too_large`, `quota_exceeded`
 */
export async function beginParts(
  deps: UploadDeps,
  user: UserRow,
  { filename, size_bytes, sha256 }: PartUploadParams,
): Promise<PartUploadBegun> {
  const parts = partsOf(deps);
  const upload = await beginMovie(deps, {
    user,
    protocol: 's3',
    filename,
    sizeBytes: size_bytes,
    sha256,
    beginAtStore: (key) => parts.create(key),
  });
  const part_bytes = partBytes(size_bytes);
  return {
    ...toUploadState(upload),
    part_bytes,
    part_count: Math.ceil(size_bytes / part_bytes),
  };
}

/** Where a client PUTs some of the parts. */
export async function partUrls(
  deps: UploadDeps,
  owned: { readonly userId: string; readonly id: string },
  partNumbers: readonly number[],
): Promise<PartUrls> {
  const { upload, parts, at } = await openParts(deps, owned);
  const count = Math.ceil((upload.size_bytes ?? 0) / partBytes(upload.size_bytes ?? 0));
  const beyond = partNumbers.find((number) => number > count);
  if (beyond !== undefined) {
    throw new RotoError(
      'invalid_argument',
      `Expected parts 1 to ${count}, but part ${beyond} came.`,
      {
        param: 'part_numbers',
      },
    );
  }
  const now = deps.clock();
  const expiresAt = secondsAfter(now, partUrlSeconds);
  await updateUpload(deps.db, upload.id, {
    updated_at: now,
    expires_at: secondsAfter(now, uploadSeconds),
  });
  const list: PartUrls['parts'] = [];
  for (const number of partNumbers) {
    list.push({ part_number: number, url: await parts.partUrl(at, number, expiresAt) });
  }
  return { parts: list, expires_at: expiresAt.toISOString() };
}

/** Parts the store has. */
export async function arrivedParts(
  deps: UploadDeps,
  owned: { readonly userId: string; readonly id: string },
) {
  const { parts, at } = await openParts(deps, owned);
  const arrived = await parts.list(at);
  return {
    parts: arrived.map(({ partNumber, size }) => ({ part_number: partNumber, size_bytes: size })),
  };
}

/**
 * Makes the video of the parts, once the store has all of them, as long as was said.
 * @throws RotoError `conflict` where parts are missing or of another size
 */
export async function completeParts(
  deps: UploadDeps,
  owned: { readonly userId: string; readonly id: string },
): Promise<UploadRow> {
  const already = await getUpload(deps, owned.userId, owned.id);
  if (already.protocol === 's3' && already.status === 'completed') return already;
  const { upload, parts, at } = await openParts(deps, owned);
  const size = upload.size_bytes ?? 0;
  // A request before this one may have made the object and lost its answer.
  if ((await deps.storage.head(upload.s3_key)) === undefined) {
    const arrived = await parts.list(at);
    requireAll(arrived, size);
    await parts.complete(at, arrived);
  }
  await completeMovie(deps, upload, { size, sha256: null });
  return getUpload(deps, owned.userId, owned.id);
}

/** Gives an upload in parts up. */
export async function abortParts(
  deps: UploadDeps,
  owned: { readonly userId: string; readonly id: string },
): Promise<void> {
  const { upload } = await openParts(deps, owned);
  await abandonUpload(deps, upload, 'aborted');
}

function requireAll(arrived: readonly StoredPart[], size: number): void {
  const step = partBytes(size);
  const count = Math.ceil(size / step);
  for (let number = 1; number <= count; number += 1) {
    const expected = Math.min(step, size - (number - 1) * step);
    const part = arrived.find(({ partNumber }) => partNumber === number);
    if (part?.size === expected) continue;
    const came = part === undefined ? 'it has not arrived' : `it has ${part.size}`;
    throw new RotoError('conflict', `Expected part ${number} of ${expected} bytes, but ${came}.`, {
      hint: 'Send it again, then complete again.',
    });
  }
}

/** The same for the same size, so that it need not be kept. Large files have larger parts. */
function partBytes(size: number): number {
  const least = 16 * mib;
  const needed = Math.ceil(size / mostParts / mib) * mib;
  return Math.max(least, needed);
}

async function openParts(
  deps: UploadDeps,
  { userId, id }: { readonly userId: string; readonly id: string },
): Promise<OpenParts> {
  const parts = partsOf(deps);
  const upload = await getUpload(deps, userId, id);
  requireOpen(upload, 's3', deps.clock());
  return {
    upload,
    parts,
    at: { key: upload.s3_key, uploadId: upload.storage_upload_id ?? '' },
  };
}

function partsOf({ storage }: Pick<UploadDeps, 'storage'>): PartStorage {
  if (storage.parts !== undefined) return storage.parts;
  throw new RotoError(
    'unavailable',
    'This service keeps files in a folder, which takes no parts.',
    {
      hint: 'Upload by tus, at /api/uploads.',
    },
  );
}

import { RotoError, type StorageReport } from '@roto/sdk/contract';
import type { Clock } from '../clock.ts';
import { findReservedBytes, findStorageSums, findStoredBytes } from '../db/queries/storage-sums.ts';
import type { UserRow } from '../db/queries/users.ts';
import type { Db, Trx } from '../db/types.ts';
import { tierOf } from './tiers.ts';

/** What {@link uploadRoom} stands on; `db` is the transaction, inside of one. */
export interface SpaceDeps {
  readonly db: Db | Trx;
  readonly clock: Clock;
}

/** How much an account may still upload, at once. */
export interface UploadRoom {
  /** The smaller of the largest upload of the tier and what is free. */
  readonly maxBytes: number;
  /**
   * Refuses bytes above it.
   * @throws RotoError `payload_too_large` above the tier's largest upload, else `quota_exceeded`
   */
  require(bytes: number): void;
}

/** Room for an upload; what `except`, an upload itself, has announced is its own. */
export async function uploadRoom(
  { db, clock }: SpaceDeps,
  user: Pick<UserRow, 'id' | 'membership'>,
  except?: string,
): Promise<UploadRoom> {
  const { storageBytes, largestUploadBytes, title } = tierOf(user);
  const used = await findStoredBytes(db, user.id);
  const reserved = await findReservedBytes(db, user.id, { now: clock(), except });
  const free = Math.max(0, storageBytes - used - reserved);
  const maxBytes = Math.min(largestUploadBytes, free);
  return {
    maxBytes,
    require(bytes) {
      if (bytes <= maxBytes) return;
      if (bytes > largestUploadBytes) {
        throw new RotoError(
          'payload_too_large',
          `Expected at most ${largestUploadBytes} bytes, the largest upload of the tier ${title}.`,
          { param: 'file', hint: 'Send a shorter clip, or change the tier.' },
        );
      }
      throw new RotoError(
        'quota_exceeded',
        `The upload needs more room than the ${free} bytes that are free of ${storageBytes}.`,
        { param: 'file', hint: 'Delete something, or change the tier.' },
      );
    },
  };
}

/** What an account stores, and may. */
export async function reportStorage(
  { db, clock }: SpaceDeps,
  user: Pick<UserRow, 'id' | 'membership'>,
): Promise<StorageReport> {
  const sums = await findStorageSums(db, user.id);
  const of = (category: (typeof sums)[number]['category']) => {
    const sum = sums.find((each) => each.category === category);
    return { bytes: sum?.bytes ?? 0, files: sum?.files ?? 0 };
  };
  const { storageBytes, largestUploadBytes } = tierOf(user);
  return {
    total: {
      bytes: sums.reduce((total, { bytes }) => total + bytes, 0),
      files: sums.reduce((total, { files }) => total + files, 0),
    },
    videos: of('videos'),
    masks: of('masks'),
    thumbnails: of('thumbnails'),
    other: of('other'),
    reserved_bytes: await findReservedBytes(db, user.id, { now: clock() }),
    limit_bytes: storageBytes,
    largest_upload_bytes: largestUploadBytes,
  };
}

import type { Clock } from '../clock.ts';
import { knownKeys, listFilesByKey } from '../db/queries/files.ts';
import { findStorageDrift, lockStorage, rebuildStorageSums } from '../db/queries/storage-sums.ts';
import { listExpiredUploads } from '../db/queries/uploads.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Log } from '../log.ts';
import type { Storage, StoredInfo } from '../storage/storage.ts';
import { abandonUpload, type UploadDeps } from './uploads.ts';

/** Milliseconds that a file may lie in storage before it has a row: uploads write it first. */
const youngMs = 24 * 60 * 60 * 1000;
const batch = 500;

/** Gives up uploads that nobody went on with; the next run takes what this one leaves. */
export async function sweepUploads(deps: UploadDeps, signal: AbortSignal): Promise<number> {
  const expired = await listExpiredUploads(deps.db, deps.clock(), batch);
  for (const upload of expired) {
    signal.throwIfAborted();
    await abandonUpload(deps, upload, 'expired');
  }
  return expired.length;
}

/** What {@link reconcileStorage} found and did. */
export interface Reconciled {
  /** Sums that were not those of the files, and were made anew. */
  readonly sums: number;
  /** Files without a row, which are gone now. */
  readonly orphans: number;
  /** Rows whose file is not there, or has another size: only told of, in the log. */
  readonly damaged: number;
}

/**
 * Compares what accounts are said to store with their files, and the files with what lies in
 * storage. Both should always agree: transactions keep the sums, and jobs finish what a crash left.
 */
export async function reconcileStorage(
  deps: Pick<UploadDeps, 'db' | 'storage'> & { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<Reconciled> {
  const { db, log } = deps;
  const drift = await findStorageDrift(db);
  for (const userId of new Set(drift.map(({ user_id }) => user_id))) {
    await inTransaction(db, async (trx) => {
      await lockStorage(trx, userId);
      await rebuildStorageSums(trx, userId);
    });
  }
  if (drift.length > 0) log.error({ drift }, 'sums of storage were wrong, and were made anew');
  const orphans = await removeOrphans(deps, signal);
  const damaged = await findDamage(deps, signal);
  return { sums: drift.length, orphans, damaged };
}

async function removeOrphans(
  { db, storage, clock }: Pick<UploadDeps, 'db' | 'storage' | 'clock'>,
  signal: AbortSignal,
): Promise<number> {
  const oldest = clock().getTime() - youngMs;
  let orphans = 0;
  for await (const objects of batches(storage.list('users/'))) {
    signal.throwIfAborted();
    const old = objects.filter(({ modifiedAt }) => modifiedAt.getTime() < oldest);
    const known = await knownKeys(
      db,
      old.map(({ key }) => key),
    );
    const gone = old.map(({ key }) => key).filter((key) => !known.has(key) && !isTusPart(key));
    await storage.delete(gone);
    orphans += gone.length;
  }
  return orphans;
}

/** What the tus store keeps of an open upload beside it: the sweep of uploads removes it. */
function isTusPart(key: string): boolean {
  return /\.(info|part)$/.test(key);
}

async function findDamage(
  { db, storage, log }: Pick<UploadDeps, 'db' | 'storage'> & { readonly log: Log },
  signal: AbortSignal,
): Promise<number> {
  let damaged = 0;
  for (let after = ''; ; ) {
    signal.throwIfAborted();
    const files = await listFilesByKey(db, after, batch);
    for (const { key, size_bytes } of files) {
      const info = await storage.head(key);
      if (info?.size === size_bytes) continue;
      damaged += 1;
      log.error({ key, expected: size_bytes, found: info?.size }, 'a stored file is not whole');
    }
    const last = files.at(-1);
    if (last === undefined || files.length < batch) return damaged;
    after = last.key;
  }
}

async function* batches(
  objects: AsyncIterable<StoredInfo>,
): AsyncGenerator<StoredInfo[], void, void> {
  let list: StoredInfo[] = [];
  for await (const object of objects) {
    list.push(object);
    if (list.length < batch) continue;
    yield list;
    list = [];
  }
  if (list.length > 0) yield list;
}

/** Removes all that lies below a prefix. */
export async function deleteFiles(storage: Storage, prefix: string): Promise<void> {
  for await (const objects of batches(storage.list(prefix))) {
    await storage.delete(objects.map(({ key }) => key));
  }
}

import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config, S3Config } from '../config.ts';
import type { FileGrants } from './file-grants.ts';
import { createFolderStorage } from './folder.ts';
import type { Storage } from './storage.ts';

/** What {@link openStorage} stands on. */
export interface OpenStorageOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly grants: FileGrants;
  readonly origin: () => string;
}

/**
 * The configured storage, once it was written to.
 * @throws RotoError `invalid_config`
 */
export async function openStorage({
  config,
  clock,
  grants,
  origin,
}: OpenStorageOptions): Promise<Storage> {
  const storage =
    config.s3 === undefined
      ? createFolderStorage({ folder: join(config.data, 'files'), grants, origin })
      : await openBucket(config.s3, clock);
  await storage.check();
  return storage;
}

/** The client of S3 is loaded where it is used: it is a fifth of the memory of a service. */
export async function openBucket(config: S3Config, clock: Clock): Promise<Storage> {
  const { createS3Storage } = await import('./s3.ts');
  return createS3Storage({ config, clock });
}

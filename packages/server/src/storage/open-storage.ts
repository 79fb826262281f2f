import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { FileGrants } from './file-grants.ts';
import { createFolderStorage } from './folder.ts';
import { createS3Storage } from './s3.ts';
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
      : createS3Storage({ config: config.s3, clock });
  await storage.check();
  return storage;
}

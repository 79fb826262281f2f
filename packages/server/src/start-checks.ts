import { systemClock } from './clock.ts';
import type { Config, ExaminedEnvironment, S3Config } from './config.ts';
import { checkDataFolder } from './db/folder-lock.ts';
import { requireMigrated } from './db/require-migrated.ts';
import type { Log } from './log.ts';
import { requireMediaTools } from './media/require-media-tools.ts';
import { openDatabase } from './open-service.ts';
import { openBucket } from './storage/open-storage.ts';
import type { VariableName } from './variables.ts';

/** What {@link startChecks} looks at. */
export interface StartChecksOptions {
  readonly examined: ExaminedEnvironment;
  readonly log: Log;
  /** Ends the look for ffmpeg. */
  readonly signal: AbortSignal;
}

/**
 * Everything that has to be there before a service or a worker starts, looked for at the same time;
 * nothing is changed by it. What depends on a variable that was not understood is left out.
 *
 * @returns checks that reject with a RotoError which says what is wrong
 */
export function startChecks({ examined, log, signal }: StartChecksOptions): Promise<unknown>[] {
  const { config, refusal, wrong } = examined;
  const isKnown = (...names: VariableName[]) => !names.some((name) => wrong.has(name));
  const checks: Promise<unknown>[] = refusal === undefined ? [] : [Promise.reject(refusal)];
  if (config.s3 !== undefined && isKnown(...bucketVariables)) {
    checks.push(checkBucket(config.s3));
  }
  if (config.databaseUrl !== undefined) checks.push(checkPostgres(config, log));
  if (isKnown('DATABASE_URL')) {
    checks.push(checkDataFolder(config.data, { isLocked: config.databaseUrl === undefined }));
  }
  if (config.production) checks.push(requireMediaTools(config, log, signal));
  return checks;
}

const bucketVariables = [
  'AWS_S3_BUCKET',
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_ENDPOINT_URL_S3',
] as const;

async function checkBucket(config: S3Config): Promise<void> {
  const storage = await openBucket(config, systemClock);
  await storage.check();
}

async function checkPostgres(config: Config, log: Log): Promise<void> {
  const database = await openDatabase(config, log);
  try {
    await requireMigrated(database);
  } finally {
    await database.close();
  }
}

import { Email, RotoError } from '@roto/sdk/contract';
import { systemClock } from '../clock.ts';
import { type ConfigFlags, type Environment, readConfig } from '../config.ts';
import { migrate } from '../db/migrate.ts';
import { installQueue } from '../jobs/queue.ts';
import { createLog } from '../log.ts';
import { openDatabase } from '../open-service.ts';
import { type FirstAdmin, makeFirstAdmin } from '../services/first-admin.ts';

/** How the first super user is made. */
export interface BootstrapOptions {
  readonly env: Environment;
  readonly flags: ConfigFlags;
  /** Folder that a relative data folder starts from. */
  readonly cwd: string;
  readonly email: string;
}

/** Who is the first super user now. */
export interface BootstrappedAdmin {
  readonly userId: string;
  /** Where a password is chosen; undefined where the account has one. */
  readonly link: string | undefined;
}

/**
 * Makes the account of an address the first super user; makes the account, too, where there is none.
 * @throws RotoError `invalid_argument`, `conflict` where there is a super user, `invalid_config`,
 * `data_locked`
 */
export async function bootstrapAdmin(options: BootstrapOptions): Promise<BootstrappedAdmin> {
  const { env, flags, cwd } = options;
  const email = Email.safeParse(options.email);
  if (!email.success) {
    throw new RotoError('invalid_argument', 'Expected an e-mail address such as ada@example.com.', {
      param: 'email',
    });
  }
  const config = readConfig(env, flags, cwd);
  const database = await openDatabase(config, createLog(config.logLevel));
  try {
    if (database.kind === 'pglite') {
      await migrate(database.db);
      await installQueue(database);
    }
    const deps = { db: database.db, clock: systemClock };
    const admin = await makeFirstAdmin(deps, email.data);
    return { userId: admin.userId, link: linkOf(admin, config) };
  } finally {
    await database.close();
  }
}

interface Origins {
  readonly frontendUrl: string | undefined;
  readonly publicUrl: string | undefined;
  readonly host: string;
  readonly port: number;
}

function linkOf({ resetToken }: FirstAdmin, config: Origins): string | undefined {
  if (resetToken === undefined) return undefined;
  const { frontendUrl, publicUrl, host, port } = config;
  return `${frontendUrl ?? publicUrl ?? `http://${host}:${port}`}/reset/${resetToken}`;
}

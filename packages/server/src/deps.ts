import type Stripe from 'stripe';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import type { Db } from './db/types.ts';
import type { Queue } from './jobs/queue.ts';
import type { Log } from './log.ts';
import type { AccessTokens } from './services/access-tokens.ts';
import type { News } from './services/news.ts';
import type { PreviewLane } from './services/preview-lane.ts';
import type { WrongPasswords } from './services/wrong-passwords.ts';
import type { FileGrants } from './storage/file-grants.ts';
import type { Storage } from './storage/storage.ts';

/** What the app stands on; every route and service takes the part of it that it uses. */
export interface AppDeps {
  readonly config: Config;
  readonly database: Database;
  readonly db: Db;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly log: Log;
  readonly accessTokens: AccessTokens;
  readonly wrongPasswords: WrongPasswords;
  /** Undefined where no payments are taken. */
  readonly stripe: Stripe | undefined;
  /** Origin of the pages that people open: in mails, and after they paid. */
  readonly linkOrigin: () => string;
  readonly storage: Storage;
  /** Addresses of files in a folder. */
  readonly grants: FileGrants;
  /** The way of previews to a host with the model loaded. */
  readonly previews: PreviewLane;
  /** What happens to tasks. */
  readonly news: News;
  /** Aborted when the service closes: what would go on for ever ends then. */
  readonly closing: AbortSignal;
}

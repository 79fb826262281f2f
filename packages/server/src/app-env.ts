import type { ApiScope } from '@roto/sdk/contract';
import type { OwnedKey } from './db/queries/idempotency-keys.ts';
import type { UserRow } from './db/queries/users.ts';
import type { Log } from './log.ts';

/** Who a request is from, once that was checked. */
export interface Identity {
  readonly user: UserRow;
  /** What it may do; a login may do all that the account may. */
  readonly scopes: ReadonlySet<ApiScope>;
  /** The API key it came with; undefined after a login. */
  readonly apiKeyId: string | undefined;
}

/** What middleware leaves on the context of a request. */
export interface AppVariables {
  requestId: string;
  /** Says the request's id in every line. */
  log: Log;
  /** Where the request came from, behind trusted proxies. */
  clientAddress: string;
  /** Undefined where nobody signed in, or with what does not count. */
  identity: Identity | undefined;
  /** Under which the answer to the request is kept; undefined where none is. */
  idempotencyKey: OwnedKey | undefined;
}

/** The environment of every route and middleware, for Hono's types. */
export interface AppEnv {
  Variables: AppVariables;
}

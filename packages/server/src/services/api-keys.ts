import type { Identity } from '../app-env.ts';
import type { Clock } from '../clock.ts';
import { findApiKey, touchApiKey } from '../db/queries/api-keys.ts';
import { findUser } from '../db/queries/users.ts';
import type { Db } from '../db/types.ts';
import { tokenHash } from './token-hash.ts';

/** What every API key starts with. */
const start = 'roto_';

/** Whether a bearer token is meant to be an API key. */
export function isApiKey(token: string): boolean {
  return token.startsWith(start);
}

/** Who an API key is of, and what it may do; notes that it was used. */
export async function identityOfApiKey(
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  key: string,
): Promise<Identity | undefined> {
  const now = clock();
  const found = await findApiKey(db, tokenHash(key), now);
  const user = found === undefined ? undefined : await findUser(db, found.user_id);
  if (found === undefined || user === undefined) return undefined;
  await touchApiKey(db, found, now);
  const scopes = found.scopes.filter((scope) => scope !== 'admin' || user.super_user);
  return { user, scopes: new Set(scopes), apiKeyId: found.id };
}

import {
  type ApiKey,
  type ApiKeyPage,
  type NewApiKey,
  type NewApiKeyParams,
  type PageQuery,
  RotoError,
} from '@roto/sdk/contract';
import type { Identity } from '../app-env.ts';
import type { Clock } from '../clock.ts';
import {
  type ApiKeyRow,
  addApiKey,
  countApiKeys,
  findApiKey,
  listApiKeys,
  revokeApiKey,
  touchApiKey,
} from '../db/queries/api-keys.ts';
import { findUser, lockUser } from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db } from '../db/types.ts';
import { newId } from '../new-id.ts';
import { listPage } from './list-page.ts';
import { newToken, tokenHash } from './token-hash.ts';

/** What every API key starts with. */
const start = 'roto_';
/** Characters of a key that stay readable: its start and six more. */
const prefixLength = start.length + 6;
/** Keys that one account may have at a time. */
const mostKeys = 50;

/** What the functions here stand on. */
export interface ApiKeyDeps {
  readonly db: Db;
  readonly clock: Clock;
}

/** Whether a bearer token is meant to be an API key. */
export function isApiKey(token: string): boolean {
  return token.startsWith(start);
}

/** Who an API key is of, and what it may do; notes that it was used. */
export async function identityOfApiKey(
  { db, clock }: ApiKeyDeps,
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

/**
 * Makes an API key of the caller's account.
 * @throws RotoError `forbidden` where it was to do more than the caller may, `invalid_argument` where
 * it would be too old at once, `conflict` where the account has too many
 */
export async function createApiKey(
  { db, clock }: ApiKeyDeps,
  { user, scopes }: Identity,
  params: NewApiKeyParams,
): Promise<NewApiKey> {
  const excess = params.scopes.find((scope) => !scopes.has(scope));
  if (excess !== undefined) {
    throw new RotoError('forbidden', `You may not give the scope ${excess}: you do not have it.`, {
      param: 'scopes',
    });
  }
  const now = clock();
  const expiresAt = params.expires_at === undefined ? null : new Date(params.expires_at);
  if (expiresAt !== null && expiresAt <= now) {
    throw new RotoError('invalid_argument', 'Expected a time to come.', { param: 'expires_at' });
  }
  const key = `${start}${newToken()}`;
  const row = await inTransaction(db, async (trx) => {
    await lockUser(trx, user.id);
    if ((await countApiKeys(trx, user.id, now)) >= mostKeys) {
      throw new RotoError('conflict', `An account has at most ${mostKeys} keys at a time.`, {
        hint: 'Revoke one that is not used any more.',
      });
    }
    return addApiKey(trx, {
      id: newId('apiKey'),
      user_id: user.id,
      name: params.name,
      prefix: key.slice(0, prefixLength),
      key_hash: tokenHash(key),
      scopes: params.scopes,
      created_at: now,
      expires_at: expiresAt,
    });
  });
  return { ...toApiKey(row), key };
}

/** The keys of an account, newest first. */
export function apiKeysOf(
  { db }: Pick<ApiKeyDeps, 'db'>,
  userId: string,
  page: PageQuery,
): Promise<ApiKeyPage> {
  return listPage(page, (part) => listApiKeys(db, userId, part), toApiKey);
}

/**
 * Revokes a key of an account: it does not count from now on.
 * @throws RotoError `not_found`
 */
export async function endApiKey(
  { db, clock }: ApiKeyDeps,
  { userId, id }: { readonly userId: string; readonly id: string },
): Promise<void> {
  if (await revokeApiKey(db, { userId, id, now: clock() })) return;
  throw new RotoError('not_found', 'There is no such API key.', { param: 'id' });
}

function toApiKey(row: ApiKeyRow): ApiKey {
  const { id, name, prefix, scopes } = row;
  return {
    id,
    name,
    prefix,
    scopes,
    created_at: row.created_at.toISOString(),
    last_used_at: row.last_used_at?.toISOString() ?? null,
    expires_at: row.expires_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
  };
}

import type { ApiScope, Membership, StorageUsed } from '@roto/sdk/contract';
import type { CreatedAt, Defaulted, DefaultJson, Nullable } from '../column-types.ts';

/**
 * People. A deleted one stays as a tombstone: no address, no password, `deleted_at` set, so that the
 * ledger and the actions that name the account stay whole.
 */
export interface UsersTable {
  id: string;
  email: Nullable<string>;
  hashed_password: Nullable<string>;
  created_at: CreatedAt;
  /** Sum of the account's `available` ledger entries; the database keeps it, never negative. */
  user_credits: Defaulted<number>;
  /** Sum of the account's `reserved` ledger entries; the database keeps it, never negative. */
  reserved_credits: Defaulted<number>;
  stripe_customer_id: Nullable<string>;
  is_confirmed: Defaulted<boolean>;
  /** SHA-256 of the token in the newest confirmation mail that was sent. */
  confirmation_token: Nullable<string>;
  membership: DefaultJson<Membership>;
  super_user: Defaulted<boolean>;
  storage_used: DefaultJson<StorageUsed>;
  deleted_at: Nullable<Date>;
  /** Access tokens of another generation do not count: raising it ends every login. */
  token_generation: Defaulted<number>;
}

/** Refresh tokens, hashed. Using one replaces it; using a replaced one revokes its family. */
export interface RefreshTokensTable {
  id: string;
  user_id: string;
  family_id: string;
  token_hash: string;
  created_at: CreatedAt;
  expires_at: Date;
  used_at: Nullable<Date>;
  revoked_at: Nullable<Date>;
}

/** Tokens of links in mails, hashed. */
export interface OneTimeTokensTable {
  id: string;
  user_id: string;
  purpose: 'confirm_email' | 'reset_password';
  token_hash: string;
  created_at: CreatedAt;
  expires_at: Date;
  used_at: Nullable<Date>;
}

/** API keys, hashed. */
export interface ApiKeysTable {
  id: string;
  user_id: string;
  name: string;
  /** First characters of the key, to tell keys apart by. */
  prefix: string;
  key_hash: string;
  scopes: ApiScope[];
  created_at: CreatedAt;
  last_used_at: Nullable<Date>;
  expires_at: Nullable<Date>;
  revoked_at: Nullable<Date>;
}

/** Mails asked for. Their text is made when they are sent, so that no token lies here. */
export interface MailsTable {
  id: string;
  user_id: Nullable<string>;
  kind: string;
  status: Defaulted<'queued' | 'sent' | 'failed'>;
  attempts: Defaulted<number>;
  error: Nullable<string>;
  created_at: CreatedAt;
  sent_at: Nullable<Date>;
}

import type { Kysely } from 'kysely';
import { runStatements } from '../statements.ts';

const users = `create table users (
  id text primary key check (id ~ '^usr_'),
  email text unique check (email = lower(email)),
  hashed_password text,
  created_at timestamptz not null default now(),
  user_credits integer not null default 0 check (user_credits >= 0),
  reserved_credits integer not null default 0 check (reserved_credits >= 0),
  stripe_customer_id text unique,
  is_confirmed boolean not null default false,
  confirmation_token text,
  membership jsonb not null default '{
    "tier": "free", "status": "active", "auto_renewal": true, "stripe_subscription_id": null,
    "updated_at": null, "current_period_end": null, "cancel_at": null, "pending_tier_change": null
  }',
  super_user boolean not null default false,
  storage_used jsonb not null default '{
    "total_bytes": 0, "total_gb": 0, "file_count": 0,
    "breakdown": {"videos_gb": 0, "masks_gb": 0, "thumbnails_gb": 0, "other_gb": 0},
    "last_updated": null
  }',
  deleted_at timestamptz,
  check ((deleted_at is null) = (email is not null)),
  check (deleted_at is null or (hashed_password is null and confirmation_token is null)),
  check (jsonb_typeof(membership -> 'tier') = 'string'),
  check (membership ->> 'status' in ('active', 'past_due', 'canceled')),
  check ((storage_used ->> 'total_bytes')::bigint >= 0),
  check ((storage_used ->> 'file_count')::bigint >= 0)
)`;

const tokens = [
  `create table refresh_tokens (
    id text primary key check (id ~ '^rft_'),
    user_id text not null references users (id) on delete cascade,
    family_id text not null,
    token_hash text not null unique,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz
  )`,
  'create index refresh_tokens_user on refresh_tokens (user_id)',
  'create index refresh_tokens_family on refresh_tokens (family_id)',
  `create table one_time_tokens (
    id text primary key check (id ~ '^ott_'),
    user_id text not null references users (id) on delete cascade,
    purpose text not null check (purpose in ('confirm_email', 'reset_password')),
    token_hash text not null unique,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
  )`,
  'create index one_time_tokens_user on one_time_tokens (user_id, purpose)',
  `create table api_keys (
    id text primary key check (id ~ '^key_'),
    user_id text not null references users (id) on delete cascade,
    name text not null check (name <> ''),
    prefix text not null,
    key_hash text not null unique,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz
  )`,
  'create index api_keys_user on api_keys (user_id, created_at desc)',
];

const mails = [
  `create table mails (
    id text primary key check (id ~ '^mal_'),
    user_id text references users (id) on delete cascade,
    kind text not null,
    status text not null default 'queued' check (status in ('queued', 'sent', 'failed')),
    attempts integer not null default 0 check (attempts >= 0),
    error text,
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    check ((status = 'sent') = (sent_at is not null))
  )`,
  'create index mails_user on mails (user_id)',
];

/** Accounts, their tokens and keys, and the mails to them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await runStatements(db, [users, ...tokens, ...mails]);
}

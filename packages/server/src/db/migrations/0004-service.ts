import type { Kysely } from 'kysely';
import { runStatements } from '../statements.ts';

const admin = [
  `create table admin_actions (
    id text primary key check (id ~ '^act_'),
    admin_id text not null references users (id),
    action_type text not null,
    target_user_id text references users (id),
    details jsonb not null,
    created_at timestamptz not null default now()
  )`,
  'create index admin_actions_time on admin_actions (created_at desc, id)',
  'create index admin_actions_target on admin_actions (target_user_id)',
  `create trigger admin_actions_append_only before update or delete on admin_actions
    for each row execute function refuse_change()`,
  `create trigger admin_actions_not_truncated before truncate on admin_actions
    for each statement execute function refuse_change()`,
  `create table global_config (
    key text primary key,
    value double precision not null,
    updated_at timestamptz not null default now()
  )`,
];

const idempotency = [
  `create table idempotency_keys (
    owner text not null,
    key text not null,
    method text not null,
    path text not null,
    request_hash text not null,
    response_status integer check (response_status between 100 and 599),
    response_type text,
    response_body text,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (owner, key)
  )`,
  'create index idempotency_keys_expiring on idempotency_keys (expires_at)',
];

const webhooks = [
  `create table webhooks (
    id text primary key check (id ~ '^whk_'),
    user_id text not null references users (id) on delete cascade,
    url text not null check (url ~ '^https?://'),
    secret text not null,
    events text[] not null,
    created_at timestamptz not null default now(),
    disabled_at timestamptz
  )`,
  'create index webhooks_user on webhooks (user_id)',
  `create table webhook_deliveries (
    id text primary key check (id ~ '^dlv_'),
    webhook_id text not null references webhooks (id) on delete cascade,
    event text not null,
    payload jsonb not null,
    status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0 check (attempts >= 0),
    response_status integer,
    error text,
    created_at timestamptz not null default now(),
    next_attempt_at timestamptz,
    delivered_at timestamptz,
    check ((status = 'delivered') = (delivered_at is not null))
  )`,
  'create index webhook_deliveries_webhook on webhook_deliveries (webhook_id, created_at desc)',
];

/** Actions of super users, settings, idempotency keys, webhooks. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await runStatements(db, [...admin, ...idempotency, ...webhooks]);
}

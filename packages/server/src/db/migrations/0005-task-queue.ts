import type { Kysely } from 'kysely';
import { runStatements } from '../statements.ts';

const queue = [
  `alter table tasks add column requires text not null default 'mobilesam'`,
  'alter table tasks add column turn integer not null default 0',
  `create index tasks_waiting on tasks (requires, user_id) where status = 'pending'`,
  `create index tasks_running on tasks (user_id) where status = 'processing'`,
  'create index tasks_begun on tasks (started_at desc) where started_at is not null',
  `create index tasks_turns on tasks (user_id, turn desc) where status in ('pending', 'processing')`,
];

const previews = [
  `create table preview_requests (
    id text primary key check (id ~ '^prv_'),
    video_id text not null references videos (id) on delete cascade,
    worker_id text not null,
    status text not null default 'waiting'
      check (status in ('waiting', 'running', 'answered', 'failed', 'abandoned')),
    params jsonb not null,
    answer jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((status in ('answered', 'failed')) = (answer is not null))
  )`,
  `create index preview_requests_waiting on preview_requests (worker_id, created_at)
    where status = 'waiting'`,
  'create index preview_requests_video on preview_requests (video_id, created_at desc)',
];

/** What tasks need of a worker, whose turn it is, and previews on their way to workers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await runStatements(db, [...queue, ...previews]);
}

import type { Kysely } from 'kysely';
import { runStatements } from '../statements.ts';

const videos = [
  `create table videos (
    id text primary key check (id ~ '^vid_'),
    user_id text not null references users (id),
    title text not null,
    kind text not null check (kind in ('movie', 'sequence')),
    status text not null default 'uploading'
      check (status in ('uploading', 'processing', 'ready', 'failed')),
    error_code text,
    error_message text,
    s3_key text not null unique,
    thumbnail_key text,
    mask_key text,
    forward_reverse_key text,
    bbox jsonb,
    points jsonb,
    mask_data jsonb,
    video_metadata jsonb,
    video_keys jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((status = 'failed') = (error_code is not null))
  )`,
  'create index videos_user on videos (user_id, created_at desc, id)',
];

const uploads = [
  `create table uploads (
    id text primary key check (id ~ '^upl_'),
    user_id text not null references users (id),
    video_id text not null references videos (id) on delete cascade,
    protocol text not null check (protocol in ('multipart', 'tus', 's3', 'sequence')),
    status text not null default 'open'
      check (status in ('open', 'completed', 'aborted', 'expired')),
    size_bytes bigint check (size_bytes >= 0),
    received_bytes bigint not null default 0 check (received_bytes >= 0),
    sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
    storage_upload_id text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    expires_at timestamptz not null,
    check (size_bytes is null or received_bytes <= size_bytes)
  )`,
  `create index uploads_open on uploads (expires_at) where status = 'open'`,
  'create index uploads_video on uploads (video_id)',
  'create index uploads_user on uploads (user_id)',
  `create table upload_parts (
    upload_id text not null references uploads (id) on delete cascade,
    part_number integer not null check (part_number >= 1),
    size_bytes bigint not null check (size_bytes >= 0),
    etag text,
    sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
    created_at timestamptz not null default now(),
    primary key (upload_id, part_number)
  )`,
];

const tasks = [
  `create table tasks (
    id text primary key check (id ~ '^tsk_'),
    user_id text not null references users (id),
    video_id text references videos (id) on delete set null,
    status text not null default 'pending'
      check (status in ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    credit_action text not null,
    credit_cost integer not null check (credit_cost >= 0),
    reservation_id text unique,
    quality text,
    model text,
    device text,
    params jsonb not null,
    progress jsonb,
    job_id text unique,
    worker_id text,
    attempts integer not null default 0 check (attempts >= 0),
    snapshot_key text,
    error_code text,
    error_message text,
    cancel_requested_at timestamptz,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    updated_at timestamptz not null default now(),
    completed_at timestamptz,
    check ((status in ('completed', 'failed', 'cancelled')) = (completed_at is not null)),
    check (status <> 'failed' or error_code is not null)
  )`,
  'create index tasks_user on tasks (user_id, created_at desc, id)',
  'create index tasks_video on tasks (video_id)',
  `create index tasks_open on tasks (status, created_at) where status in ('pending', 'processing')`,
  `create table task_events (
    id bigint generated always as identity primary key,
    task_id text not null references tasks (id) on delete cascade,
    type text not null,
    data jsonb not null,
    created_at timestamptz not null default now()
  )`,
  'create index task_events_task on task_events (task_id, id)',
  `create table workers (
    id text primary key check (id ~ '^wrk_'),
    hostname text not null,
    version text not null,
    device text not null,
    models jsonb not null default '[]',
    qualities jsonb not null default '[]',
    concurrency integer not null default 1 check (concurrency >= 1),
    state text not null default 'starting' check (state in ('starting', 'ready', 'stopping')),
    started_at timestamptz not null default now(),
    heartbeat_at timestamptz not null default now()
  )`,
];

const files = [
  `create table files (
    id text primary key check (id ~ '^fil_'),
    user_id text not null references users (id),
    video_id text references videos (id),
    task_id text references tasks (id),
    key text not null unique check (key <> ''),
    category text not null check (category in ('videos', 'masks', 'thumbnails', 'other')),
    size_bytes bigint not null check (size_bytes >= 0),
    sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
    content_type text,
    created_at timestamptz not null default now(),
    expires_at timestamptz
  )`,
  'create index files_user on files (user_id)',
  'create index files_video on files (video_id)',
  'create index files_task on files (task_id)',
  'create index files_expiring on files (expires_at) where expires_at is not null',
  `create table sequence_frames (
    video_id text not null references videos (id) on delete cascade,
    frame integer not null,
    file_id text not null unique references files (id) on delete cascade,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    primary key (video_id, frame)
  )`,
  `create table task_results (
    id text primary key check (id ~ '^res_'),
    task_id text not null references tasks (id) on delete cascade,
    file_id text not null unique references files (id) on delete cascade,
    object text,
    format text not null,
    frame integer,
    path text not null check (path <> '' and path !~ '(^/|(^|/)\\.\\.(/|$))'),
    size_bytes bigint not null check (size_bytes >= 0),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    unique (task_id, path)
  )`,
];

/** Clips, uploads, tasks, workers, and everything that lies in storage. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await runStatements(db, [...videos, ...uploads, ...tasks, ...files]);
}

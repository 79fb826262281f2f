-- What the migrations make, from the live schema; scripts/dump-schema.ts writes it.

create table admin_actions (
  id text not null,
  admin_id text not null,
  action_type text not null,
  target_user_id text,
  details jsonb not null,
  created_at timestamp with time zone not null default now(),
  constraint admin_actions_admin_id_fkey FOREIGN KEY (admin_id) REFERENCES users(id),
  constraint admin_actions_id_check CHECK ((id ~ '^act_'::text)),
  constraint admin_actions_pkey PRIMARY KEY (id),
  constraint admin_actions_target_user_id_fkey FOREIGN KEY (target_user_id) REFERENCES users(id)
);
CREATE INDEX admin_actions_target ON public.admin_actions USING btree (target_user_id);
CREATE INDEX admin_actions_time ON public.admin_actions USING btree (created_at DESC, id);
CREATE TRIGGER admin_actions_append_only BEFORE DELETE OR UPDATE ON public.admin_actions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER admin_actions_not_truncated BEFORE TRUNCATE ON public.admin_actions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table api_keys (
  id text not null,
  user_id text not null,
  name text not null,
  prefix text not null,
  key_hash text not null,
  scopes text[] not null,
  created_at timestamp with time zone not null default now(),
  last_used_at timestamp with time zone,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint api_keys_id_check CHECK ((id ~ '^key_'::text)),
  constraint api_keys_key_hash_key UNIQUE (key_hash),
  constraint api_keys_name_check CHECK ((name <> ''::text)),
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX api_keys_user ON public.api_keys USING btree (user_id, created_at DESC);

create table files (
  id text not null,
  user_id text not null,
  video_id text,
  task_id text,
  key text not null,
  category text not null,
  size_bytes bigint not null,
  sha256 text,
  content_type text,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone,
  constraint files_category_check CHECK ((category = ANY (ARRAY['videos'::text, 'masks'::text, 'thumbnails'::text, 'other'::text]))),
  constraint files_id_check CHECK ((id ~ '^fil_'::text)),
  constraint files_key_check CHECK ((key <> ''::text)),
  constraint files_key_key UNIQUE (key),
  constraint files_pkey PRIMARY KEY (id),
  constraint files_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint files_size_bytes_check CHECK ((size_bytes >= 0)),
  constraint files_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id),
  constraint files_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
  constraint files_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos(id)
);
CREATE INDEX files_expiring ON public.files USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX files_task ON public.files USING btree (task_id);
CREATE INDEX files_user ON public.files USING btree (user_id);
CREATE INDEX files_video ON public.files USING btree (video_id);
CREATE TRIGGER files_added AFTER INSERT ON public.files REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION apply_files();
CREATE TRIGGER files_changed AFTER UPDATE ON public.files REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION apply_files();
CREATE TRIGGER files_removed AFTER DELETE ON public.files REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION apply_files();

create table global_config (
  key text not null,
  value double precision not null,
  updated_at timestamp with time zone not null default now(),
  constraint global_config_pkey PRIMARY KEY (key)
);

create table idempotency_keys (
  owner text not null,
  key text not null,
  method text not null,
  path text not null,
  request_hash text not null,
  response_status integer,
  response_type text,
  response_body text,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  seen_at timestamp with time zone,
  constraint idempotency_keys_pkey PRIMARY KEY (owner, key),
  constraint idempotency_keys_response_status_check CHECK (((response_status >= 100) AND (response_status <= 599)))
);
CREATE INDEX idempotency_keys_expiring ON public.idempotency_keys USING btree (expires_at);

create table ledger_entries (
  id bigint not null generated always as identity,
  transaction_id text not null,
  account text not null,
  user_id text,
  amount integer not null,
  constraint ledger_entries_account_check CHECK ((account = ANY (ARRAY['available'::text, 'reserved'::text, 'issued'::text, 'revenue'::text, 'expired'::text]))),
  constraint ledger_entries_amount_check CHECK ((amount <> 0)),
  constraint ledger_entries_check CHECK (((account = ANY (ARRAY['available'::text, 'reserved'::text])) = (user_id IS NOT NULL))),
  constraint ledger_entries_pkey PRIMARY KEY (id),
  constraint ledger_entries_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES ledger_transactions(id),
  constraint ledger_entries_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX ledger_entries_transaction ON public.ledger_entries USING btree (transaction_id);
CREATE INDEX ledger_entries_user ON public.ledger_entries USING btree (user_id, account);
CREATE TRIGGER ledger_entries_append_only BEFORE DELETE OR UPDATE ON public.ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_applied AFTER INSERT ON public.ledger_entries FOR EACH ROW EXECUTE FUNCTION apply_ledger_entry();
CREATE CONSTRAINT TRIGGER ledger_entries_balanced AFTER INSERT ON public.ledger_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ledger_balance();
CREATE TRIGGER ledger_entries_not_truncated BEFORE TRUNCATE ON public.ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table ledger_transactions (
  id text not null,
  kind text not null,
  user_id text not null,
  task_id text,
  reservation_id text,
  reference text,
  details jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default now(),
  constraint ledger_transactions_check CHECK (((kind = ANY (ARRAY['capture'::text, 'release'::text])) = (reservation_id IS NOT NULL))),
  constraint ledger_transactions_id_check CHECK ((id ~ '^txn_'::text)),
  constraint ledger_transactions_kind_check CHECK ((kind = ANY (ARRAY['grant'::text, 'purchase'::text, 'reserve'::text, 'capture'::text, 'release'::text, 'refund'::text, 'expire'::text, 'adjustment'::text]))),
  constraint ledger_transactions_pkey PRIMARY KEY (id),
  constraint ledger_transactions_reference_key UNIQUE (reference),
  constraint ledger_transactions_reservation_id_fkey FOREIGN KEY (reservation_id) REFERENCES ledger_transactions(id),
  constraint ledger_transactions_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id),
  constraint ledger_transactions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE UNIQUE INDEX ledger_settled_once ON public.ledger_transactions USING btree (reservation_id) WHERE (reservation_id IS NOT NULL);
CREATE INDEX ledger_transactions_task ON public.ledger_transactions USING btree (task_id);
CREATE INDEX ledger_transactions_user ON public.ledger_transactions USING btree (user_id, created_at DESC, id);
CREATE TRIGGER ledger_transactions_append_only BEFORE DELETE OR UPDATE ON public.ledger_transactions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER ledger_transactions_balanced AFTER INSERT ON public.ledger_transactions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ledger_balance();
CREATE TRIGGER ledger_transactions_not_truncated BEFORE TRUNCATE ON public.ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table mails (
  id text not null,
  user_id text,
  kind text not null,
  status text not null default 'queued'::text,
  attempts integer not null default 0,
  error text,
  created_at timestamp with time zone not null default now(),
  sent_at timestamp with time zone,
  constraint mails_attempts_check CHECK ((attempts >= 0)),
  constraint mails_check CHECK (((status = 'sent'::text) = (sent_at IS NOT NULL))),
  constraint mails_id_check CHECK ((id ~ '^mal_'::text)),
  constraint mails_pkey PRIMARY KEY (id),
  constraint mails_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text]))),
  constraint mails_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX mails_user ON public.mails USING btree (user_id);

create table one_time_tokens (
  id text not null,
  user_id text not null,
  purpose text not null,
  token_hash text not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint one_time_tokens_id_check CHECK ((id ~ '^ott_'::text)),
  constraint one_time_tokens_pkey PRIMARY KEY (id),
  constraint one_time_tokens_purpose_check CHECK ((purpose = ANY (ARRAY['confirm_email'::text, 'reset_password'::text]))),
  constraint one_time_tokens_token_hash_key UNIQUE (token_hash),
  constraint one_time_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX one_time_tokens_user ON public.one_time_tokens USING btree (user_id, purpose);

create table preview_requests (
  id text not null,
  video_id text not null,
  worker_id text not null,
  status text not null default 'waiting'::text,
  params jsonb not null,
  answer jsonb,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint preview_requests_check CHECK (((status = ANY (ARRAY['answered'::text, 'failed'::text])) = (answer IS NOT NULL))),
  constraint preview_requests_id_check CHECK ((id ~ '^prv_'::text)),
  constraint preview_requests_pkey PRIMARY KEY (id),
  constraint preview_requests_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'running'::text, 'answered'::text, 'failed'::text, 'abandoned'::text]))),
  constraint preview_requests_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos(id) ON DELETE CASCADE
);
CREATE INDEX preview_requests_video ON public.preview_requests USING btree (video_id, created_at DESC);
CREATE INDEX preview_requests_waiting ON public.preview_requests USING btree (worker_id, created_at) WHERE (status = 'waiting'::text);

create table refresh_tokens (
  id text not null,
  user_id text not null,
  family_id text not null,
  token_hash text not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint refresh_tokens_id_check CHECK ((id ~ '^rft_'::text)),
  constraint refresh_tokens_pkey PRIMARY KEY (id),
  constraint refresh_tokens_token_hash_key UNIQUE (token_hash),
  constraint refresh_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_family ON public.refresh_tokens USING btree (family_id);
CREATE INDEX refresh_tokens_user ON public.refresh_tokens USING btree (user_id);

create table sequence_frames (
  video_id text not null,
  frame integer not null,
  file_id text not null,
  sha256 text not null,
  constraint sequence_frames_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id) ON DELETE CASCADE,
  constraint sequence_frames_file_id_key UNIQUE (file_id),
  constraint sequence_frames_pkey PRIMARY KEY (video_id, frame),
  constraint sequence_frames_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint sequence_frames_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos(id) ON DELETE CASCADE
);

create table storage_sums (
  user_id text not null,
  category text not null,
  bytes bigint not null,
  files bigint not null,
  constraint storage_sums_bytes_check CHECK ((bytes >= 0)),
  constraint storage_sums_category_check CHECK ((category = ANY (ARRAY['videos'::text, 'masks'::text, 'thumbnails'::text, 'other'::text]))),
  constraint storage_sums_files_check CHECK ((files >= 0)),
  constraint storage_sums_pkey PRIMARY KEY (user_id, category),
  constraint storage_sums_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

create table stripe_events (
  id text not null,
  type text not null,
  created_at timestamp with time zone not null,
  received_at timestamp with time zone not null default now(),
  processed_at timestamp with time zone,
  error text,
  payload jsonb not null,
  constraint stripe_events_pkey PRIMARY KEY (id)
);

create table task_events (
  id bigint not null generated always as identity,
  task_id text not null,
  type text not null,
  data jsonb not null,
  created_at timestamp with time zone not null default now(),
  constraint task_events_pkey PRIMARY KEY (id),
  constraint task_events_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE
);
CREATE INDEX task_events_task ON public.task_events USING btree (task_id, id);

create table task_reports (
  task_id text not null,
  report jsonb not null,
  constraint task_reports_pkey PRIMARY KEY (task_id),
  constraint task_reports_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE
);

create table task_results (
  id text not null,
  task_id text not null,
  file_id text not null,
  object text,
  format text not null,
  frame integer,
  path text not null,
  size_bytes bigint not null,
  sha256 text not null,
  constraint task_results_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id) ON DELETE CASCADE,
  constraint task_results_file_id_key UNIQUE (file_id),
  constraint task_results_id_check CHECK ((id ~ '^res_'::text)),
  constraint task_results_path_check CHECK (((path <> ''::text) AND (path !~ '(^/|(^|/)\.\.(/|$))'::text))),
  constraint task_results_pkey PRIMARY KEY (id),
  constraint task_results_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint task_results_size_bytes_check CHECK ((size_bytes >= 0)),
  constraint task_results_task_id_fkey FOREIGN KEY (task_id) REFERENCES tasks(id) ON DELETE CASCADE,
  constraint task_results_task_id_path_key UNIQUE (task_id, path)
);

create table tasks (
  id text not null,
  user_id text not null,
  video_id text,
  status text not null default 'pending'::text,
  credit_action text not null,
  credit_cost integer not null,
  reservation_id text,
  quality text,
  model text,
  device text,
  params jsonb not null,
  progress jsonb,
  job_id text,
  worker_id text,
  attempts integer not null default 0,
  snapshot_key text,
  error_code text,
  error_message text,
  cancel_requested_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  started_at timestamp with time zone,
  updated_at timestamp with time zone not null default now(),
  completed_at timestamp with time zone,
  requires text not null default 'mobilesam'::text,
  turn integer not null default 0,
  constraint tasks_attempts_check CHECK ((attempts >= 0)),
  constraint tasks_check CHECK (((status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])) = (completed_at IS NOT NULL))),
  constraint tasks_check1 CHECK (((status <> 'failed'::text) OR (error_code IS NOT NULL))),
  constraint tasks_credit_cost_check CHECK ((credit_cost >= 0)),
  constraint tasks_id_check CHECK ((id ~ '^tsk_'::text)),
  constraint tasks_job_id_key UNIQUE (job_id),
  constraint tasks_pkey PRIMARY KEY (id),
  constraint tasks_reservation FOREIGN KEY (reservation_id) REFERENCES ledger_transactions(id),
  constraint tasks_reservation_id_key UNIQUE (reservation_id),
  constraint tasks_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'processing'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))),
  constraint tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
  constraint tasks_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos(id) ON DELETE SET NULL
);
CREATE INDEX tasks_begun ON public.tasks USING btree (started_at DESC) WHERE (started_at IS NOT NULL);
CREATE INDEX tasks_open ON public.tasks USING btree (status, created_at) WHERE (status = ANY (ARRAY['pending'::text, 'processing'::text]));
CREATE INDEX tasks_running ON public.tasks USING btree (user_id) WHERE (status = 'processing'::text);
CREATE INDEX tasks_turns ON public.tasks USING btree (user_id, turn DESC) WHERE (status = ANY (ARRAY['pending'::text, 'processing'::text]));
CREATE INDEX tasks_user ON public.tasks USING btree (user_id, created_at DESC, id);
CREATE INDEX tasks_video ON public.tasks USING btree (video_id);
CREATE INDEX tasks_waiting ON public.tasks USING btree (requires, user_id) WHERE (status = 'pending'::text);

create table upload_parts (
  upload_id text not null,
  part_number integer not null,
  size_bytes bigint not null,
  etag text,
  sha256 text,
  created_at timestamp with time zone not null default now(),
  constraint upload_parts_part_number_check CHECK ((part_number >= 1)),
  constraint upload_parts_pkey PRIMARY KEY (upload_id, part_number),
  constraint upload_parts_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint upload_parts_size_bytes_check CHECK ((size_bytes >= 0)),
  constraint upload_parts_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES uploads(id) ON DELETE CASCADE
);

create table uploads (
  id text not null,
  user_id text not null,
  video_id text not null,
  protocol text not null,
  status text not null default 'open'::text,
  size_bytes bigint,
  received_bytes bigint not null default 0,
  sha256 text,
  storage_upload_id text,
  metadata jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  constraint uploads_check CHECK (((size_bytes IS NULL) OR (received_bytes <= size_bytes))),
  constraint uploads_id_check CHECK ((id ~ '^upl_'::text)),
  constraint uploads_pkey PRIMARY KEY (id),
  constraint uploads_protocol_check CHECK ((protocol = ANY (ARRAY['multipart'::text, 'tus'::text, 's3'::text, 'sequence'::text]))),
  constraint uploads_received_bytes_check CHECK ((received_bytes >= 0)),
  constraint uploads_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint uploads_size_bytes_check CHECK ((size_bytes >= 0)),
  constraint uploads_status_check CHECK ((status = ANY (ARRAY['open'::text, 'completed'::text, 'aborted'::text, 'expired'::text]))),
  constraint uploads_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
  constraint uploads_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos(id) ON DELETE CASCADE
);
CREATE INDEX uploads_open ON public.uploads USING btree (expires_at) WHERE (status = 'open'::text);
CREATE INDEX uploads_user ON public.uploads USING btree (user_id);
CREATE INDEX uploads_video ON public.uploads USING btree (video_id);

create table users (
  id text not null,
  email text,
  hashed_password text,
  created_at timestamp with time zone not null default now(),
  user_credits integer not null default 0,
  reserved_credits integer not null default 0,
  stripe_customer_id text,
  is_confirmed boolean not null default false,
  confirmation_token text,
  membership jsonb not null default '{"tier": "free", "status": "active", "cancel_at": null, "updated_at": null, "auto_renewal": true, "current_period_end": null, "pending_tier_change": null, "stripe_subscription_id": null}'::jsonb,
  super_user boolean not null default false,
  storage_used jsonb not null default '{"total_gb": 0, "breakdown": {"masks_gb": 0, "other_gb": 0, "videos_gb": 0, "thumbnails_gb": 0}, "file_count": 0, "total_bytes": 0, "last_updated": null}'::jsonb,
  deleted_at timestamp with time zone,
  token_generation integer not null default 0,
  constraint users_check CHECK (((deleted_at IS NULL) = (email IS NOT NULL))),
  constraint users_check1 CHECK (((deleted_at IS NULL) OR ((hashed_password IS NULL) AND (confirmation_token IS NULL)))),
  constraint users_email_check CHECK ((email = lower(email))),
  constraint users_email_key UNIQUE (email),
  constraint users_id_check CHECK ((id ~ '^usr_'::text)),
  constraint users_membership_check CHECK ((jsonb_typeof((membership -> 'tier'::text)) = 'string'::text)),
  constraint users_membership_check1 CHECK (((membership ->> 'status'::text) = ANY (ARRAY['active'::text, 'past_due'::text, 'canceled'::text]))),
  constraint users_pkey PRIMARY KEY (id),
  constraint users_reserved_credits_check CHECK ((reserved_credits >= 0)),
  constraint users_storage_used_check CHECK ((((storage_used ->> 'total_bytes'::text))::bigint >= 0)),
  constraint users_storage_used_check1 CHECK ((((storage_used ->> 'file_count'::text))::bigint >= 0)),
  constraint users_stripe_customer_id_key UNIQUE (stripe_customer_id),
  constraint users_user_credits_check CHECK ((user_credits >= 0))
);

create table videos (
  id text not null,
  user_id text not null,
  title text not null,
  kind text not null,
  status text not null default 'uploading'::text,
  error_code text,
  error_message text,
  s3_key text not null,
  thumbnail_key text,
  mask_key text,
  forward_reverse_key text,
  bbox jsonb,
  points jsonb,
  mask_data jsonb,
  video_metadata jsonb,
  video_keys jsonb,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint videos_check CHECK (((status = 'failed'::text) = (error_code IS NOT NULL))),
  constraint videos_id_check CHECK ((id ~ '^vid_'::text)),
  constraint videos_kind_check CHECK ((kind = ANY (ARRAY['movie'::text, 'sequence'::text]))),
  constraint videos_pkey PRIMARY KEY (id),
  constraint videos_s3_key_key UNIQUE (s3_key),
  constraint videos_status_check CHECK ((status = ANY (ARRAY['uploading'::text, 'processing'::text, 'ready'::text, 'failed'::text]))),
  constraint videos_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);
CREATE INDEX videos_user ON public.videos USING btree (user_id, created_at DESC, id);

create table webhook_deliveries (
  id text not null,
  webhook_id text not null,
  event text not null,
  payload jsonb not null,
  status text not null default 'pending'::text,
  attempts integer not null default 0,
  response_status integer,
  error text,
  created_at timestamp with time zone not null default now(),
  next_attempt_at timestamp with time zone,
  delivered_at timestamp with time zone,
  constraint webhook_deliveries_attempts_check CHECK ((attempts >= 0)),
  constraint webhook_deliveries_check CHECK (((status = 'delivered'::text) = (delivered_at IS NOT NULL))),
  constraint webhook_deliveries_id_check CHECK ((id ~ '^dlv_'::text)),
  constraint webhook_deliveries_pkey PRIMARY KEY (id),
  constraint webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text]))),
  constraint webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_webhook ON public.webhook_deliveries USING btree (webhook_id, created_at DESC);

create table webhooks (
  id text not null,
  user_id text not null,
  url text not null,
  secret text not null,
  events text[] not null,
  created_at timestamp with time zone not null default now(),
  disabled_at timestamp with time zone,
  constraint webhooks_id_check CHECK ((id ~ '^whk_'::text)),
  constraint webhooks_pkey PRIMARY KEY (id),
  constraint webhooks_url_check CHECK ((url ~ '^https?://'::text)),
  constraint webhooks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX webhooks_user ON public.webhooks USING btree (user_id);

create table workers (
  id text not null,
  hostname text not null,
  version text not null,
  device text not null,
  models jsonb not null default '[]'::jsonb,
  qualities jsonb not null default '[]'::jsonb,
  concurrency integer not null default 1,
  state text not null default 'starting'::text,
  started_at timestamp with time zone not null default now(),
  heartbeat_at timestamp with time zone not null default now(),
  constraint workers_concurrency_check CHECK ((concurrency >= 1)),
  constraint workers_id_check CHECK ((id ~ '^wrk_'::text)),
  constraint workers_pkey PRIMARY KEY (id),
  constraint workers_state_check CHECK ((state = ANY (ARRAY['starting'::text, 'ready'::text, 'stopping'::text])))
);

CREATE OR REPLACE FUNCTION public.apply_files()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op in ('INSERT', 'UPDATE') then
    perform 1 from users where id in (select user_id from added) order by id for update;
    insert into storage_sums (user_id, category, bytes, files)
      select user_id, category, sum(size_bytes), count(*) from added group by 1, 2 order by 1, 2
      on conflict (user_id, category) do update
        set bytes = storage_sums.bytes + excluded.bytes, files = storage_sums.files + excluded.files;
    perform write_storage_used(user_id) from added group by user_id;
  end if;
  if tg_op in ('DELETE', 'UPDATE') then
    perform 1 from users where id in (select user_id from removed) order by id for update;
    update storage_sums s set bytes = s.bytes - r.bytes, files = s.files - r.files
      from (select user_id, category, sum(size_bytes) as bytes, count(*) as files
        from removed group by 1, 2) r
      where s.user_id = r.user_id and s.category = r.category;
    perform write_storage_used(user_id) from removed group by user_id;
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.apply_ledger_entry()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.account = 'available' then
    update users set user_credits = user_credits + new.amount where id = new.user_id;
  elsif new.account = 'reserved' then
    update users set reserved_credits = reserved_credits + new.amount where id = new.user_id;
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.check_ledger_balance()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  id_of_transaction text := case tg_table_name
    when 'ledger_entries' then to_jsonb(new) ->> 'transaction_id' else to_jsonb(new) ->> 'id' end;
  entries bigint;
  total bigint;
begin
  select count(*), coalesce(sum(amount), 0) into entries, total
    from ledger_entries where transaction_id = id_of_transaction;
  if entries < 2 or total <> 0 then
    raise exception 'ledger transaction % has % entries that sum to %',
      id_of_transaction, entries, total using errcode = 'check_violation';
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end
$function$;

CREATE OR REPLACE FUNCTION public.write_storage_used(of_user text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  videos bigint; masks bigint; thumbnails bigint; other bigint; count_of_files bigint;
begin
  select coalesce(sum(bytes) filter (where category = 'videos'), 0),
      coalesce(sum(bytes) filter (where category = 'masks'), 0),
      coalesce(sum(bytes) filter (where category = 'thumbnails'), 0),
      coalesce(sum(bytes) filter (where category = 'other'), 0),
      coalesce(sum(files), 0)
    into videos, masks, thumbnails, other, count_of_files
    from storage_sums where user_id = of_user;
  update users set storage_used = jsonb_build_object(
    'total_bytes', videos + masks + thumbnails + other,
    'total_gb', round((videos + masks + thumbnails + other) / 1e9, 9),
    'file_count', count_of_files,
    'breakdown', jsonb_build_object('videos_gb', round(videos / 1e9, 9),
      'masks_gb', round(masks / 1e9, 9), 'thumbnails_gb', round(thumbnails / 1e9, 9),
      'other_gb', round(other / 1e9, 9)),
    'last_updated', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  ) where id = of_user;
end
$function$;

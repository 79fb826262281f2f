import type { Kysely } from 'kysely';
import { runStatements } from '../statements.ts';

const sums = `create table storage_sums (
  user_id text not null references users (id) on delete cascade,
  category text not null check (category in ('videos', 'masks', 'thumbnails', 'other')),
  bytes bigint not null check (bytes >= 0),
  files bigint not null check (files >= 0),
  primary key (user_id, category)
)`;

/** The account's row is locked first: two transactions that change files of one wait in turn. */
const rules = [
  `create function apply_files() returns trigger language plpgsql as $$
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
$$`,
  `create function write_storage_used(of_user text) returns void language plpgsql as $$
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
$$`,
  `create trigger files_added after insert on files referencing new table as added
    for each statement execute function apply_files()`,
  `create trigger files_removed after delete on files referencing old table as removed
    for each statement execute function apply_files()`,
  `create trigger files_changed after update on files
    referencing old table as removed new table as added
    for each statement execute function apply_files()`,
];

/** Bytes and files of accounts, which the database keeps with every change of `files`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await runStatements(db, [sums, ...rules]);
}

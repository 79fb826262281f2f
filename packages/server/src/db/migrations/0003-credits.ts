import type { Kysely } from 'kysely';
import { runStatements } from '../statements.ts';

const ledger = [
  `create table ledger_transactions (
    id text primary key check (id ~ '^txn_'),
    kind text not null check (kind in
      ('grant', 'purchase', 'reserve', 'capture', 'release', 'refund', 'expire', 'adjustment')),
    user_id text not null references users (id),
    task_id text references tasks (id),
    reservation_id text references ledger_transactions (id),
    reference text unique,
    details jsonb not null default '{}',
    created_at timestamptz not null default now(),
    check ((kind in ('capture', 'release')) = (reservation_id is not null))
  )`,
  `create unique index ledger_settled_once on ledger_transactions (reservation_id)
    where reservation_id is not null`,
  'create index ledger_transactions_user on ledger_transactions (user_id, created_at desc, id)',
  'create index ledger_transactions_task on ledger_transactions (task_id)',
  `create table ledger_entries (
    id bigint generated always as identity primary key,
    transaction_id text not null references ledger_transactions (id),
    account text not null
      check (account in ('available', 'reserved', 'issued', 'revenue', 'expired')),
    user_id text references users (id),
    amount integer not null check (amount <> 0),
    check ((account in ('available', 'reserved')) = (user_id is not null))
  )`,
  'create index ledger_entries_transaction on ledger_entries (transaction_id)',
  'create index ledger_entries_user on ledger_entries (user_id, account)',
  `alter table tasks add constraint tasks_reservation
    foreign key (reservation_id) references ledger_transactions (id)`,
];

const rules = [
  `create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end
$$`,
  ...['ledger_transactions', 'ledger_entries'].flatMap((table) => [
    `create trigger ${table}_append_only before update or delete on ${table}
      for each row execute function refuse_change()`,
    `create trigger ${table}_not_truncated before truncate on ${table}
      for each statement execute function refuse_change()`,
  ]),
  // The balances of an account are its entries' sums: a negative one breaks a check of users.
  `create function apply_ledger_entry() returns trigger language plpgsql as $$
begin
  if new.account = 'available' then
    update users set user_credits = user_credits + new.amount where id = new.user_id;
  elsif new.account = 'reserved' then
    update users set reserved_credits = reserved_credits + new.amount where id = new.user_id;
  end if;
  return null;
end
$$`,
  `create trigger ledger_entries_applied after insert on ledger_entries
    for each row execute function apply_ledger_entry()`,
  `create function check_ledger_balance() returns trigger language plpgsql as $$
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
$$`,
  ...['ledger_transactions', 'ledger_entries'].map(
    (table) => `create constraint trigger ${table}_balanced after insert on ${table}
      deferrable initially deferred for each row execute function check_ledger_balance()`,
  ),
];

const stripe = `create table stripe_events (
  id text primary key,
  type text not null,
  created_at timestamptz not null,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  error text,
  payload jsonb not null
)`;

/** The double-entry ledger with its rules, and the events of the payment provider. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await runStatements(db, [...ledger, ...rules, stripe]);
}

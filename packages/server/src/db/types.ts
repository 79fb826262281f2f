import type { Kysely, Transaction } from 'kysely';
import type {
  ApiKeysTable,
  MailsTable,
  OneTimeTokensTable,
  RefreshTokensTable,
  UsersTable,
} from './tables/accounts.ts';
import type {
  FilesTable,
  SequenceFramesTable,
  StorageSumsTable,
  UploadPartsTable,
  UploadsTable,
  VideosTable,
} from './tables/clips.ts';
import type {
  LedgerEntriesTable,
  LedgerTransactionsTable,
  StripeEventsTable,
} from './tables/credits.ts';
import type {
  AdminActionsTable,
  GlobalConfigTable,
  IdempotencyKeysTable,
  WebhookDeliveriesTable,
  WebhooksTable,
} from './tables/service.ts';
import type {
  PreviewRequestsTable,
  TaskEventsTable,
  TaskReportsTable,
  TaskResultsTable,
  TasksTable,
  WorkersTable,
} from './tables/tasks.ts';

/** Every table of the service; `schema.sql` is what the migrations make of it. */
export interface Tables {
  users: UsersTable;
  refresh_tokens: RefreshTokensTable;
  one_time_tokens: OneTimeTokensTable;
  api_keys: ApiKeysTable;
  mails: MailsTable;
  videos: VideosTable;
  files: FilesTable;
  storage_sums: StorageSumsTable;
  sequence_frames: SequenceFramesTable;
  uploads: UploadsTable;
  upload_parts: UploadPartsTable;
  tasks: TasksTable;
  task_results: TaskResultsTable;
  task_reports: TaskReportsTable;
  task_events: TaskEventsTable;
  workers: WorkersTable;
  preview_requests: PreviewRequestsTable;
  ledger_transactions: LedgerTransactionsTable;
  ledger_entries: LedgerEntriesTable;
  stripe_events: StripeEventsTable;
  admin_actions: AdminActionsTable;
  global_config: GlobalConfigTable;
  idempotency_keys: IdempotencyKeysTable;
  webhooks: WebhooksTable;
  webhook_deliveries: WebhookDeliveriesTable;
}

/** The database, outside of any transaction. */
export type Db = Kysely<Tables>;

/** A transaction. Inside of one, only it may be asked: see `transaction.ts`. */
export type Trx = Transaction<Tables>;

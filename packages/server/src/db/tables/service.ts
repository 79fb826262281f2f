import type { CreatedAt, Defaulted, Json, Nullable } from '../column-types.ts';

/** What super users did; never changed or removed. */
export interface AdminActionsTable {
  id: string;
  admin_id: string;
  action_type: string;
  target_user_id: Nullable<string>;
  /** With `before` and `after`. */
  details: Json<Record<string, unknown>>;
  created_at: CreatedAt;
}

/** Settings that super users may change: prices, limits. */
export interface GlobalConfigTable {
  key: string;
  value: number;
  updated_at: Defaulted<Date>;
}

/** Requests with an Idempotency-Key, and what they were answered. */
export interface IdempotencyKeysTable {
  /** Who asked: the id of an account, or the address of a client without one. */
  owner: string;
  key: string;
  method: string;
  path: string;
  /** SHA-256 of method, path, query and body. */
  request_hash: string;
  /** Null while the first request is not answered. */
  response_status: Nullable<number>;
  response_type: Nullable<string>;
  response_body: Nullable<string>;
  created_at: CreatedAt;
  expires_at: Date;
  seen_at: Nullable<Date>;
}

/** Where accounts want to be told that a task has ended. */
export interface WebhooksTable {
  id: string;
  user_id: string;
  url: string;
  /** Signs deliveries; needed in the clear for that. */
  secret: string;
  events: string[];
  created_at: CreatedAt;
  disabled_at: Nullable<Date>;
}

/** What was sent to a webhook, and how that went. */
export interface WebhookDeliveriesTable {
  id: string;
  webhook_id: string;
  event: string;
  payload: Json<Record<string, unknown>>;
  status: Defaulted<'pending' | 'delivered' | 'failed'>;
  attempts: Defaulted<number>;
  response_status: Nullable<number>;
  error: Nullable<string>;
  created_at: CreatedAt;
  next_attempt_at: Nullable<Date>;
  delivered_at: Nullable<Date>;
}

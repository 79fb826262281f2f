import type { Generated } from 'kysely';
import type { CreatedAt, DefaultJson, Json, Nullable } from '../column-types.ts';

/**
 * Movements of credits. The entries of one movement sum to zero, a reservation is settled once,
 * and nothing here is ever changed or removed: the database refuses it.
 */
export interface LedgerTransactionsTable {
  id: string;
  kind:
    | 'grant'
    | 'purchase'
    | 'reserve'
    | 'capture'
    | 'release'
    | 'refund'
    | 'expire'
    | 'adjustment';
  user_id: string;
  task_id: Nullable<string>;
  /** What a capture or a release settles. */
  reservation_id: Nullable<string>;
  /** Names what the movement is for, such as a payment's id, so that it happens once. */
  reference: Nullable<string>;
  details: DefaultJson<Record<string, unknown>>;
  created_at: CreatedAt;
}

/** One side of a movement. Credits are whole. */
export interface LedgerEntriesTable {
  id: Generated<number>;
  transaction_id: string;
  /** `available` and `reserved` belong to the account, the others to the house. */
  account: 'available' | 'reserved' | 'issued' | 'revenue' | 'expired';
  /** Set on `available` and `reserved`. */
  user_id: Nullable<string>;
  amount: number;
}

/** Events of Stripe, each handled once. */
export interface StripeEventsTable {
  id: string;
  type: string;
  /** When it happened, by Stripe's clock. */
  created_at: Date;
  received_at: CreatedAt;
  processed_at: Nullable<Date>;
  error: Nullable<string>;
  payload: Json<Record<string, unknown>>;
}

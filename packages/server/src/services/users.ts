import type { User } from '@roto/sdk/contract';
import type { UserRow } from '../db/queries/users.ts';

/** An account as its owner sees it. */
export function toUser(row: UserRow): User {
  return {
    id: row.id,
    email: row.email ?? '',
    created_at: row.created_at.toISOString(),
    is_confirmed: row.is_confirmed,
    super_user: row.super_user,
    user_credits: row.user_credits,
    membership: row.membership,
    storage_used: row.storage_used,
  };
}
